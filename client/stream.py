"""`GET /events`, followed for as long as it takes: over cuts, restarts, and proxies that have lost their server.

A stream that ends or breaks is asked for again with its cursor, so that nothing is missed; what cannot be sent again
comes as a snapshot. `retry:` is obeyed, and `Retry-After`.
"""

import asyncio
import time
from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass, field

import httpx
from httpx_sse import EventSource, ServerSentEvent, SSEError, aconnect_sse
from pydantic import ValidationError

from client.answers import judge
from client.changes import Connected, Waiting
from client.errors import AwayError, LostError
from client.pause import pause
from contracts.errors import UnreadableMessageError
from contracts.events import Event, decode_event
from contracts.job import Message
from contracts.snapshot import JobSnapshot

SILENCE = 35.0  # seconds without a byte: two heartbeats of 15 s have not come, so the connection is dead
TIMEOUT = httpx.Timeout(10, read=SILENCE)
USUAL_RETRY = 2.0


class Snapshot(Message):
    """The jobs as they are now; take them in place of what was known."""

    reason: str
    cursor: str
    jobs: tuple[JobSnapshot, ...]


@dataclass(frozen=True)
class Ended:
    """There is nothing more to come: every job that was asked for is over."""


Update = Connected | Waiting | Snapshot | Event


@dataclass
class Stream:
    """One stream and its place in it. `patience` is how long it may be away, in seconds."""

    http: httpx.AsyncClient
    url: str
    query: tuple[tuple[str, str], ...] = ()
    patience: float = 300.0
    _cursor: str = field(default="", init=False)
    _retry: float = field(default=USUAL_RETRY, init=False)
    _heard: float = field(default_factory=time.monotonic, init=False)
    _failures: int = field(default=0, init=False)

    async def updates(self) -> AsyncGenerator[Update, None]:
        """Until every job that was asked for is over; without any, for ever.

        Raises:
            RefusedError: the question is refused.
            LostError: there was no stream for too long.
        """
        while True:
            asked = None
            try:
                async with aclosing(self._connection()) as connection:
                    async for update in connection:
                        if isinstance(update, Ended):
                            return
                        yield update
                reason = "the stream ended"
            except AwayError as error:
                reason, asked = str(error), error.retry_after
            except (httpx.TransportError, httpx.StreamError, SSEError) as error:
                reason = broken(error)
            waiting = self._lost(reason, asked)
            yield waiting
            await asyncio.sleep(waiting.seconds)

    def _lost(self, reason: str, asked: float | None) -> Waiting:
        """How long to wait now.

        Raises:
            LostError: it has been away for too long.
        """
        self._failures += 1
        seconds = pause(self._failures, least=self._retry, asked=asked)
        if time.monotonic() + seconds - self._heard > self.patience:
            raise LostError(f"no events for {self.patience:.0f} s ({reason})")
        return Waiting(reason, seconds)

    async def _connection(self) -> AsyncGenerator[Update | Ended, None]:
        """What one connection brings."""
        headers = {"Last-Event-ID": self._cursor} if self._cursor else {}
        asking = aconnect_sse(self.http, "GET", self.url, params=list(self.query), headers=headers, timeout=TIMEOUT)
        async with asking as source:
            if source.response.status_code == httpx.codes.NO_CONTENT:
                yield Ended()
                return
            await _accept(source)
            yield Connected()
            async with aclosing(source.aiter_sse()) as frames:
                async for frame in frames:
                    if (update := self._read(frame)) is not None:
                        yield update

    def _read(self, frame: ServerSentEvent) -> Update | None:
        """Take in a frame. The cursor stands for all up to it, so it moves with what came with it."""
        self._heard, self._failures = time.monotonic(), 0
        if frame.retry is not None:
            self._retry = frame.retry / 1000
        self._cursor = frame.id or self._cursor
        if not frame.data:
            return None
        try:
            match frame.event:
                case "message":
                    return decode_event(frame.data.encode())
                case "snapshot":
                    return Snapshot.model_validate_json(frame.data)
        except (UnreadableMessageError, ValidationError):  # a kind that a newer server tells
            return None
        return None  # `draining`: the end that follows says it


async def _accept(source: EventSource) -> None:
    if not source.response.is_success:
        await source.response.aread()
    judge(source.response)


def broken(error: Exception) -> str:
    """Why a connection was lost, in few words."""
    if isinstance(error, httpx.TimeoutException):
        return "no sign of life"
    return str(error).split("\n", 1)[0] or type(error).__name__
