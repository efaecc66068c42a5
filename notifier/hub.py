"""All open streams, and the one task that writes to them. No broker, no HTTP."""

import asyncio
import random
import time
from collections.abc import Callable, Iterator
from functools import partial

from contracts.record import JobRecord
from notifier import sse
from notifier.beginning import Beginning, Replay
from notifier.chunks import chunk
from notifier.encoded import EncodedEvent
from notifier.figures import Figures
from notifier.history import Batch, History
from notifier.jobs import Jobs
from notifier.selection import Selection
from notifier.snapshots import Reason, Snapshots
from notifier.subscription import Subscription

RETRY_MILLISECONDS = 2_000
DRAIN_RETRY_MILLISECONDS = (1_000, 5_000)  # so that clients don't all come back at once
SLICE = 256  # clients that are served before others get their turn: those who arrive, and the log
LATE = 1_000  # entries: a client that took nothing while so many came is sent only the newest progress of them
GREETING = sse.comment("stagecast") + sse.retry(RETRY_MILLISECONDS)


class Hub:
    """Feeds subscriptions from the history; those with a queue of their own, from what came out of it."""

    def __init__(self, history: History, jobs: Jobs, figures: Figures, *, max_replay: int) -> None:
        self.history = history
        self.jobs = jobs
        self.snapshots = Snapshots(history, jobs)
        self.max_replay = max_replay  # events that a client which was away, or slow, is sent again
        self.is_draining = False
        self.trouble: str | None = None  # what a heartbeat says of the broker
        self.figures = figures
        self._subscriptions: dict[Subscription, None] = {}
        self._ready: dict[Subscription, None] = {}  # those that may have something to be written
        self.full: dict[Subscription, None] = {}  # those that did not take what should have been written
        self._has_grown = False
        self._woken = asyncio.Event()

    def __len__(self) -> int:
        return len(self._subscriptions)

    def __iter__(self) -> Iterator[Subscription]:
        return iter(tuple(self._subscriptions))

    def open(self, subscription: Subscription, beginning: Beginning) -> None:
        """Feed a client until it is closed. Nothing that comes from here on is missed."""
        self._subscriptions[subscription] = None
        subscription.connection.when_it_has_room(partial(self.has_room, subscription))
        self._begin(subscription, beginning)
        self.wake(subscription)
        if self.is_draining:  # its question was still being looked at when all others were said goodbye to
            self._say_goodbye(subscription)

    def close(self, subscription: Subscription) -> None:
        """The client has gone, or its stream has ended."""
        for some in (self._subscriptions, self._ready, self.full):
            some.pop(subscription, None)
        subscription.connection.when_it_has_room(None)

    def wake(self, subscription: Subscription) -> None:
        """There may be something for this client."""
        self._ready[subscription] = None
        self._woken.set()

    def has_grown(self) -> None:
        """There may be something for everybody: the history has more than it had."""
        self._has_grown = True
        self._woken.set()

    def has_room(self, subscription: Subscription) -> None:
        """A client that took nothing for a while takes bytes again: what it missed, or a snapshot."""
        subscription.full_since = None
        self.full.pop(subscription, None)
        behind = self.history.head - max(subscription.position, subscription.whole_until)
        if behind > self.max_replay:
            self._show(subscription, Reason.FELL_BEHIND)
        elif behind > LATE:
            subscription.is_late = True
            subscription.go_back_to_log(self.history)
        self.wake(subscription)

    def note(self, event: EncodedEvent) -> None:
        """An event has come, by the log or by a queue: before anybody is sent it, its job is what it says."""
        if event.event is not None:
            self.jobs.apply(event.event)
            event.event = None

    def learn(self, record: JobRecord) -> None:
        """The store knows of a job."""
        self.jobs.learn(record)
        self.snapshots.forget()

    def restart(self, reason: Reason) -> None:
        """The history is not what it was: everybody gets a snapshot."""
        self.snapshots.forget()
        for subscription in self:
            self._show(subscription, reason)

    def note_full(self, subscription: Subscription) -> None:
        """It does not take what should be written."""
        if subscription not in self.full:
            self.full[subscription] = None
            subscription.full_since = time.monotonic()

    def finish(self, subscription: Subscription) -> None:
        """End a stream after what was written; who does not take that is cut, as anybody who takes nothing."""
        self._subscriptions.pop(subscription, None)
        subscription.connection.when_it_has_room(None)
        self.note_full(subscription)
        subscription.connection.finish()

    def expire(self, subscription: Subscription) -> None:
        """What the client came with is no longer good: say so, and end its stream."""
        self._end_with(subscription, sse.frame("{}", event="auth-expired"))

    async def dispatch(self) -> None:
        """Write what there is to whom it concerns; never returns."""
        while True:
            await self._woken.wait()
            self._woken.clear()
            await self._dispatch_once()

    async def for_each(self, act: Callable[[Subscription], None]) -> None:
        """Do something to all, in slices, so that nobody else has to wait for the last of thousands."""
        for number, subscription in enumerate(self, 1):
            if subscription in self._subscriptions:
                act(subscription)
            if number % SLICE == 0:
                await asyncio.sleep(0)

    async def drain(self) -> None:
        """Say goodbye on every stream and end it; each client learns when to come back."""
        self.is_draining = True
        await self.for_each(self._say_goodbye)

    async def _dispatch_once(self) -> None:
        began, delivered = time.monotonic(), 0
        oldest = began
        batches: dict[tuple[int, Selection, bool], Batch] = {}
        for number, subscription in enumerate(self._take_ready(), 1):
            if subscription in self._subscriptions:
                batch = self._serve(subscription, batches)
                delivered += batch.events if batch else 0
                oldest = min(oldest, batch.received) if batch and batch.events else oldest
            if number % SLICE == 0:
                await asyncio.sleep(0)
        if delivered:
            self.figures.delivered(delivered, seconds=time.monotonic() - oldest)

    def _take_ready(self) -> dict[Subscription, None]:
        ready, self._ready = self._ready, {}
        if self._has_grown:
            self._has_grown = False
            for subscription in self._subscriptions:
                if subscription.has_work(self.history):
                    ready[subscription] = None
        return ready

    def _serve(self, subscription: Subscription, batches: dict[tuple[int, Selection, bool], Batch]) -> Batch | None:
        """Write a client's next batch; equal ones are made once."""

        def read(position: int, selection: Selection) -> Batch:
            asked = (position, selection, subscription.is_late)
            if asked not in batches:
                batches[asked] = self.history.read(position, selection, is_late=subscription.is_late)
            return batches[asked]

        if subscription.connection.is_full:
            self.note_full(subscription)
            return None
        if subscription.position < self.history.start:
            self._show(subscription, Reason.FELL_BEHIND)
        batch = subscription.take(self.history, read)
        if batch.body:
            self._write(subscription, batch.chunk)
        if subscription.is_over:
            self.finish(subscription)
        elif subscription.has_work(self.history):
            self.wake(subscription)
        else:
            subscription.is_late = False
        return batch

    def _begin(self, subscription: Subscription, beginning: Beginning) -> None:
        match beginning:
            case Replay(position):
                subscription.goes_on_at(position, is_told=False)
                subscription.whole_until = self.history.head
                subscription.unfinished -= self._told_before(subscription.selection, position)
                self.figures.resumed()
                self._write(subscription, chunk(GREETING))
            case _:
                self._write(subscription, chunk(GREETING))
                self._show(subscription, beginning.reason)

    def _show(self, subscription: Subscription, reason: Reason) -> None:
        taken = self.snapshots.take(subscription.selection, reason)
        subscription.goes_on_at(taken.position, is_told=True)
        subscription.unfinished = set(subscription.selection.jobs - self.jobs.over(subscription.selection.jobs))
        self.figures.shown(reason)
        self._write(subscription, taken.chunk)
        self.wake(subscription)

    def has_nothing_for(self, selection: Selection, position: int) -> bool:
        """Whether a client that has everything before `position` has the end of all that it watches."""
        return bool(selection.jobs) and self._told_before(selection, position) == selection.jobs

    def _told_before(self, selection: Selection, position: int) -> frozenset[str]:
        """Of the jobs that are over, those of which nothing comes after `position`."""
        later = (self.history[at].event for at in range(max(position, self.history.start), self.history.head))
        return self.jobs.over(selection.jobs) - {event.job_id for event in later if event is not None}

    def _write(self, subscription: Subscription, chunks: bytes) -> None:
        subscription.wrote = True
        subscription.connection.write(chunks)

    def _say_goodbye(self, subscription: Subscription) -> None:
        pause = random.randint(*DRAIN_RETRY_MILLISECONDS)  # noqa: S311 - jitter, no secret
        self._end_with(subscription, sse.retry(pause) + sse.frame(f'{{"retry": {pause}}}', event="draining"))

    def _end_with(self, subscription: Subscription, farewell: bytes) -> None:
        self._write(subscription, chunk(farewell + subscription.place(self.history)))
        is_full = subscription.connection.is_full
        self.finish(subscription)
        if is_full:  # it would not take the farewell in time either
            subscription.connection.abort()
