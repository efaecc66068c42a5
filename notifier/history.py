"""The recent part of the log, in memory: what clients are fed from."""

import time
from bisect import bisect_left
from dataclasses import dataclass

from notifier import sse
from notifier.chunks import chunk
from notifier.cursor import Cursor, proof_of
from notifier.encoded import EncodedEvent
from notifier.selection import Format, Selection

MAX_BYTES = 128 * 1024 * 1024
BATCH_BYTES = 256 * 1024  # what one client is written at a time; a client that reads slowly holds no more of it
NOTHING = Cursor(0, "-" * 8)  # of who has nothing of a log that has nothing; nobody can send it back
TRIM_AT_ONCE = 1_000  # a list loses its first items at the cost of moving the rest


@dataclass(slots=True, eq=False)
class Entry:
    """A message of the log: an event, or a mark that a notifier left there."""

    cursor: Cursor
    event: EncodedEvent | None
    latest: float  # the newest event's time up to here: event times alone need not rise
    received: float  # our monotonic clock


@dataclass(slots=True, eq=False)
class Batch:
    """What a client is sent in one write."""

    body: bytes  # empty where nothing concerns the client
    position: int  # up to here everything is sent
    events: int
    received: float  # when we had the first of them, by our monotonic clock
    ended: tuple[str, ...] = ()  # jobs whose last event is among them
    _chunk: bytes | None = None

    @property
    def chunk(self) -> bytes:
        if self._chunk is None:
            self._chunk = chunk(self.body)
        return self._chunk


class History:
    """Entries by position: a number that rises by one from entry to entry for as long as this process lives.

    Bounded by count, bytes and age; past any of them the oldest leave. Age counts from when we had it: by its sender's
    clock, which may be wrong, an event could be too old at once.
    """

    def __init__(self, *, max_events: int, max_seconds: float, max_bytes: int = MAX_BYTES) -> None:
        self._max_events = max_events
        self._max_seconds = max_seconds
        self._max_bytes = max_bytes
        self._entries: list[Entry] = []
        self._bytes = 0
        self._positions: dict[str, int] = {}
        self._gone: Cursor | None = None  # the newest entry that has left
        self.start = 0

    @property
    def head(self) -> int:
        """The position of the next entry."""
        return self.start + len(self._entries)

    def __getitem__(self, position: int) -> Entry:
        return self._entries[position - self.start]

    def append(self, offset: int, message_id: str, event: EncodedEvent | None) -> int:
        """Add a message of the log; its position."""
        before = self._entries[-1].latest if self._entries else 0.0
        latest = before if event is None else max(before, event.time)
        position = self.head
        self._entries.append(Entry(Cursor(offset, proof_of(message_id)), event, latest, time.monotonic()))
        if event is not None:
            self._bytes += len(event.data)
            self._positions[event.id] = position
        self._trim()
        return position

    def forget(self) -> None:
        """Let go of everything, as when the log was made anew."""
        self._drop(len(self._entries))

    def position_of(self, event_id: str) -> int | None:
        """Where an event stands, if it is here."""
        return self._positions.get(event_id)

    def cursor(self, position: int) -> Cursor:
        """What a client has that was sent everything before this position."""
        return self[position - 1].cursor if position > self.start else self._gone or NOTHING

    def after(self, cursor: Cursor) -> int | None:
        """The position from which a client goes on, or None if its place is not in here."""
        if cursor == self._gone:
            return self.start
        index = bisect_left(self._entries, cursor.offset, key=lambda entry: entry.cursor.offset)
        if index < len(self._entries) and self._entries[index].cursor == cursor:
            return self.start + index + 1
        return None

    def is_before(self, cursor: Cursor) -> bool:
        """Whether a cursor's place has left already."""
        oldest = self._entries[0].cursor if self._entries else self._gone
        return oldest is not None and cursor.offset < oldest.offset

    def since(self, moment: float) -> int | None:
        """The position of the first event that is not before `moment` (since 1970), or None if that may have left."""
        if not self._entries:
            return self.head if time.time() - moment < self._max_seconds else None
        first = self._entries[0]
        if first.latest >= moment and first.cursor.offset > 0:
            return None
        return self.start + bisect_left(self._entries, moment, key=lambda entry: entry.latest)

    def read(self, position: int, selection: Selection, *, is_late: bool = False) -> Batch:
        """The next batch for a client. One that is late gets of each stage's progress only the newest."""
        batch = _Gathering(selection)
        newest = self._newest_progress(position) if is_late else None
        at = position
        for at in range(position, self.head):
            event = self[at].event
            if event is not None and selection.has(event):
                if newest is not None and event.progress_of and newest[event.progress_of] != at:
                    batch.left_out += 1
                else:
                    batch.add(event)
            if batch.size >= BATCH_BYTES:
                break
        reached = at + 1 if position < self.head else position
        return batch.finish(reached, self.cursor(reached), self[position].received if position < self.head else 0.0)

    def _newest_progress(self, position: int) -> dict[tuple[str, int], int]:
        newest = {}
        for at in range(position, self.head):
            event = self[at].event
            if event is not None and event.progress_of:
                newest[event.progress_of] = at
        return newest

    def _trim(self) -> None:
        surplus = len(self._entries) - self._max_events
        too_old = time.monotonic() - self._max_seconds
        if surplus < TRIM_AT_ONCE and self._bytes <= self._max_bytes and not self._is_stale(too_old):
            return
        count, size = 0, self._bytes
        for entry in self._entries:
            if count >= surplus and size <= self._max_bytes and entry.received >= too_old:
                break
            size -= len(entry.event.data) if entry.event else 0
            count += 1
        self._drop(count)

    def _is_stale(self, too_old: float) -> bool:
        """Enough of it is too old to be worth a cut, or all of it is."""
        return self._entries[min(TRIM_AT_ONCE, len(self._entries)) - 1].received < too_old

    def _drop(self, count: int) -> None:
        for entry in self._entries[:count]:
            if entry.event is not None:
                self._bytes -= len(entry.event.data)
                self._positions.pop(entry.event.id, None)
            self._gone = entry.cursor
        del self._entries[:count]
        self.start += count


class _Gathering:
    """A batch that is being put together."""

    def __init__(self, selection: Selection) -> None:
        self._is_text = selection.format is Format.TEXT
        self._frames: list[bytes] = []
        self._count = 0
        self._ended: list[str] = []
        self.size = 0
        self.left_out = 0

    def add(self, event: EncodedEvent) -> None:
        frame = event.words if self._is_text else event.data
        if event.is_last:
            self._ended.append(event.job_id)
        if frame is not None:
            self._frames.append(frame)
            self._count += 1
            self.size += len(frame)

    def finish(self, position: int, cursor: Cursor, received: float) -> Batch:
        if self.left_out:
            self._frames.insert(0, sse.comment(f"{self.left_out} progress events left out: you read too slowly"))
        if self._frames and not self._is_text:
            self._frames.insert(len(self._frames) - 1, sse.id_line(str(cursor)))
        return Batch(b"".join(self._frames), position, self._count, received, tuple(self._ended))
