"""What is done to streams from time to time: heartbeats, and the end of those whose clients take nothing."""

import asyncio
import time
from dataclasses import dataclass
from functools import partial

import structlog

from notifier import sse
from notifier.chunks import chunk
from notifier.hub import Hub
from notifier.subscription import QueueSubscription, Subscription

WATCH_SECONDS = 1.0

log: structlog.stdlib.BoundLogger = structlog.get_logger()


@dataclass(frozen=True)
class Watch:
    """One timer for all streams, where one for each would be thousands."""

    hub: Hub
    heartbeat_seconds: float = 15.0
    cut_seconds: float = 60.0  # a client that takes nothing for so long is cut

    async def keep_beating(self) -> None:
        """A comment to every quiet stream, each 15 s by default, so that proxies keep it open; never returns."""
        while True:
            await asyncio.sleep(self.heartbeat_seconds)
            await self.hub.for_each(self.beat)

    async def keep_watch(self) -> None:
        """Cut those who take nothing, mend what a queue has lost; never returns."""
        while True:
            await asyncio.sleep(WATCH_SECONDS)
            now = time.monotonic()
            self.cut_idle(now)
            await self.hub.for_each(partial(self.mend, now=now))

    def beat(self, subscription: Subscription) -> None:
        """Say that the stream is alive, if nothing else has been said; and what is wrong, if anything is."""
        if subscription.connection.is_full:
            self.hub.note_full(subscription)
        elif not subscription.wrote:
            beat = sse.comment(self.hub.trouble) if self.hub.trouble else sse.HEARTBEAT
            subscription.connection.write(chunk(beat + subscription.place(self.hub.history)))
        subscription.wrote = False

    def mend(self, subscription: Subscription, *, now: float) -> None:
        """What a client's queue has lost, the log has; and a cursor that moved without a word is told.

        A stream whose client is let in no longer ends here, within a second.
        """
        if subscription.expires_at is not None and subscription.expires_at <= time.time():
            self.hub.expire(subscription)
            return
        if not isinstance(subscription, QueueSubscription) or subscription.connection.is_full:
            return
        if subscription.has_lost(self.hub.history, now):
            self.hub.figures.mended()
            subscription.go_back_to_log(self.hub.history)
            self.hub.wake(subscription)
        else:
            subscription.connection.write(chunk(subscription.place(self.hub.history)))

    def cut_idle(self, now: float) -> None:
        """End the streams of those who have taken nothing for too long."""
        for subscription in tuple(self.hub.full):
            since = subscription.full_since
            if since is not None and now - since > self.cut_seconds:
                self.hub.figures.cut()
                log.info("stream.cut", seconds=round(now - since))
                self.hub.finish(subscription)
                subscription.connection.abort()
