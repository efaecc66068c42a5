"""A hub without broker or HTTP, and clients that take what they are written when they please."""

import json
import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

from contracts.events import Event, encode
from notifier.beginning import Beginning, Snapshot, Wanted, begin
from notifier.encoded import EncodedEvent
from notifier.encoded import encode as encode_event
from notifier.figures import Figures
from notifier.history import History
from notifier.hub import Hub
from notifier.jobs import Jobs
from notifier.selection import Selection
from notifier.snapshots import Reason
from notifier.subscription import Copy, QueueSubscription, Subscription

EVERYTHING = Selection()
NEW = Snapshot(Reason.NEW)
CHUNK = re.compile(rb"([0-9a-f]+)\r\n")


@dataclass
class FakeConnection:
    """A client's connection that is full when the test says so."""

    is_full: bool = False
    is_closed: bool = False
    is_aborted: bool = False
    written: bytes = b""
    has_room: Callable[[], None] | None = None

    def write(self, chunks: bytes) -> None:
        assert not self.is_closed
        self.written += chunks

    def finish(self) -> None:
        self.is_closed = True

    def abort(self) -> None:
        self.is_closed = self.is_aborted = True

    def when_it_has_room(self, call: Callable[[], None] | None) -> None:
        self.has_room = call

    def drain(self) -> None:
        """The client reads all that it was sent."""
        self.is_full = False
        assert self.has_room is not None
        self.has_room()

    def body(self) -> bytes:
        """What was written, out of its chunks."""
        found, rest = b"", self.written
        while rest:
            head = CHUNK.match(rest)
            assert head is not None, rest[:80]
            size = int(head[1], 16)
            found += rest[head.end() : head.end() + size]
            assert rest[head.end() + size :][:2] == b"\r\n"
            rest = rest[head.end() + size + 2 :]
        return found

    def frames(self) -> list[str]:
        """All that has data, without ids."""
        blocks = self.body().decode().split("\n\n")
        lines = [
            [line for line in block.split("\n") if not line.startswith(("id:", ":", "retry:"))] for block in blocks
        ]
        return ["\n".join(block) for block in lines if block and any(block)]

    def ids(self) -> list[str]:
        return re.findall(r"^id: (.*)$", self.body().decode(), re.MULTILINE)


@dataclass
class Bench:
    """A hub, and the log that feeds it."""

    hub: Hub
    offset: int = 0

    def log(self, *events: Event) -> None:
        """The log has these, and the hub hears of it."""
        for event in events:
            self.hub.jobs.apply(event)
            self.hub.history.append(self.offset, event.id, encoded(event))
            self.offset += 1
        self.hub.has_grown()

    def open(
        self, selection: Selection = EVERYTHING, beginning: Beginning = NEW, *, queue: bool = False
    ) -> tuple[Subscription, FakeConnection]:
        connection = FakeConnection()
        kind = QueueSubscription if queue else Subscription
        subscription = kind(connection, selection)  # type: ignore[arg-type]
        self.hub.open(subscription, beginning)
        return subscription, connection

    def beginning(self, wanted: Wanted, selection: Selection = EVERYTHING) -> Beginning:
        return begin(wanted, selection, self.hub.history, max_replay=self.hub.max_replay)

    async def settle(self) -> None:
        """The hub writes all that it can."""
        while self.hub._woken.is_set():
            self.hub._woken.clear()
            await self.hub._dispatch_once()


def encoded(event: Event) -> EncodedEvent:
    return encode_event(event, encode(event))


def deliver(subscription: Subscription, hub: Hub, *events: Event) -> list[str]:
    """Copies come out of a client's queue; gives the ids of those that were settled, as they are."""
    settled: list[str] = []
    assert isinstance(subscription, QueueSubscription)
    for event in events:
        copy = encoded(event)
        hub.note(copy)
        subscription.receive(Copy(copy, time.monotonic(), partial(settled.append, event.id)))
    hub.wake(subscription)
    return settled


def make_bench(*, max_events: int = 10_000, max_replay: int = 5_000) -> Bench:
    history = History(max_events=max_events, max_seconds=3600)
    return Bench(Hub(history, Jobs(keep_finished=100), Figures(), max_replay=max_replay))


def told(connection: FakeConnection) -> list[str]:
    """The types of what a client was told, with `snapshot` for each of those."""
    return [kind_of(frame) for frame in connection.frames()]


def kind_of(frame: str) -> str:
    head, _, data = frame.rpartition("data: ")
    return head.removeprefix("event: ").strip() or json.loads(data)["type"]


def snapshots(connection: FakeConnection) -> list[dict[str, Any]]:
    return [json.loads(frame.split("data: ", 1)[1]) for frame in connection.frames() if frame.startswith("event: snap")]


def kinds(events: list[Event]) -> list[str]:
    return [event.type for event in events]
