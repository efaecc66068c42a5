"""Who listens, and what waits to be written to them. No broker, no HTTP."""

import asyncio
import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from notifier import sse
from notifier.frames import Format

HEARTBEAT_SECONDS = 15.0
RETRY_MILLISECONDS = 2_000
DRAIN_RETRY_MILLISECONDS = (1_000, 5_000)  # so that clients don't all come back at once


@dataclass(frozen=True, slots=True)
class Delivery:
    """A frame in hand; `settle` tells its transport that the client's connection has taken it."""

    frame: bytes
    settle: Callable[[], None] = lambda: None


class Subscription:
    """One open stream.

    What is pending is bounded by its transport: the broker sends no more than its prefetch ahead of what was
    settled. Beyond that the client's queue in the broker grows to its own bound and then drops its oldest.
    """

    __slots__ = ("_closed", "_pending", "_woken", "format")

    def __init__(self, format: Format) -> None:
        self.format = format
        self._pending: list[Delivery] = []
        self._woken = asyncio.Event()
        self._closed = False

    def push(self, delivery: Delivery) -> None:
        """Put a frame behind those that wait."""
        self._pending.append(delivery)
        self._woken.set()

    def beat(self) -> None:
        """A heartbeat, if nothing else is about to be written."""
        if not self._pending:
            self.push(Delivery(sse.HEARTBEAT))

    def close(self) -> None:
        """What is pending is still written, then the stream ends."""
        self._closed = True
        self._woken.set()

    async def take(self) -> list[Delivery]:
        """All that is pending, as soon as there is something; an empty list says that the stream has ended."""
        while not self._pending and not self._closed:
            self._woken.clear()
            await self._woken.wait()
        taken, self._pending = self._pending, []
        return taken

    def abandon(self) -> list[Delivery]:
        """What will never be written."""
        self.close()
        abandoned, self._pending = self._pending, []
        return abandoned


class Hub:
    """All open streams of this process."""

    def __init__(self, *, heartbeat_seconds: float = HEARTBEAT_SECONDS) -> None:
        self._heartbeat_seconds = heartbeat_seconds
        self._subscriptions: set[Subscription] = set()
        self._draining = False

    def __len__(self) -> int:
        return len(self._subscriptions)

    def __iter__(self) -> Iterator[Subscription]:
        return iter(tuple(self._subscriptions))

    @property
    def is_draining(self) -> bool:
        return self._draining

    @contextmanager
    def subscribe(self, format: Format) -> Iterator[Subscription]:
        """A subscription for as long as its stream is open."""
        subscription = Subscription(format)
        self._subscriptions.add(subscription)
        try:
            yield subscription
        finally:
            self._subscriptions.discard(subscription)

    async def keep_beating(self) -> None:
        """A comment to every quiet stream, each 15 s by default, so that proxies keep it open; never returns."""
        while True:
            await asyncio.sleep(self._heartbeat_seconds)
            for subscription in self:
                subscription.beat()

    async def drain(self) -> None:
        """Say goodbye on every stream and end it; each client learns when to come back."""
        self._draining = True
        for subscription in self:
            pause = random.randint(*DRAIN_RETRY_MILLISECONDS)  # noqa: S311 - jitter, no secret
            subscription.push(Delivery(sse.retry(pause) + sse.frame(f'{{"retry": {pause}}}', event="draining")))
            subscription.close()
