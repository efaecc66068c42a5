"""One open stream: what its client wants, and how far it has got."""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

from notifier import sse
from notifier.connection import Connection
from notifier.encoded import EncodedEvent
from notifier.history import Batch, History
from notifier.selection import Format, Selection

NEAR = 64  # positions: a gap in a job is looked for no farther, since it is looked for with every copy
LOST_AFTER = 2.0  # seconds: a copy that the log has for so long, and the client's queue has not, is taken for lost
MOST_AHEAD = 5_000  # events: a client that is so far ahead of the log is sent the oldest again when the log has them

Read = Callable[[int, Selection], Batch]


class Subscription:
    """A client that is fed from the log, in its order. It holds a position, and no events."""

    __slots__ = (
        "connection",
        "expires_at",
        "full_since",
        "is_late",
        "position",
        "selection",
        "told",
        "unfinished",
        "whole_until",
        "wrote",
    )

    def __init__(self, connection: Connection, selection: Selection) -> None:
        self.connection = connection
        self.selection = selection
        self.position = 0  # everything before it is sent, or does not concern this client
        self.whole_until = 0  # up to here it was promised every event, however slowly it reads
        self.told = -1  # the position that the client's last `id` stands for
        self.full_since: float | None = None  # since when it takes nothing, by the monotonic clock
        self.is_late = False  # it took nothing for a while, and has not caught up since
        self.expires_at: float | None = None  # seconds since 1970: when what its client came with is no longer good
        self.wrote = False  # since the last heartbeat
        self.unfinished = set(selection.jobs)  # of the jobs that it watches: without any left its stream is over

    @property
    def is_text(self) -> bool:
        return self.selection.format is Format.TEXT

    @property
    def is_over(self) -> bool:
        """Whether it has been told the end of all that it watches."""
        return bool(self.selection.jobs) and not self.unfinished

    def has_work(self, history: History) -> bool:
        """Whether there may be something to write."""
        return self.position < history.head

    def take(self, history: History, read: Read) -> Batch:
        """What to write next; it counts as sent."""
        batch = read(self.position, self.selection)
        self.position = batch.position
        self.told = batch.position if batch.events else self.told
        self.unfinished.difference_update(batch.ended)
        return batch

    def place(self, history: History) -> bytes:
        """The client's cursor alone, where it has moved since it was told last."""
        if self.is_text or self.told == self.position or self.position < history.start:
            return b""
        self.told = self.position
        return sse.place(str(history.cursor(self.position)))

    def goes_on_at(self, position: int, *, is_told: bool) -> None:
        """From here on; `is_told` if the client has just been sent its cursor."""
        self.position = position
        self.told = position if is_told else -1

    def go_back_to_log(self, history: History) -> None:
        """Be fed from the log, at least up to its head."""


@dataclass(slots=True, eq=False)
class Copy:
    """An event out of a client's own queue; `settle` when it is sent, or need not be."""

    event: EncodedEvent
    received: float  # our monotonic clock
    settle: Callable[[], None]


class QueueSubscription(Subscription):
    """A client that is fed from its own queue in the broker, once that is joined to the log.

    Before, and whenever something is amiss, it is fed from the log. Queues see concurrent publishers in another order
    than the log, so what came out of the queue is ticked off as the log shows it: that is how a copy that was lost is
    noticed, and how the cursor moves.
    """

    __slots__ = ("_ahead", "_copies", "joined_at")

    def __init__(self, connection: Connection, selection: Selection) -> None:
        super().__init__(connection, selection)
        self.joined_at: int | None = None  # the log up to here, the queue from here on; None: no queue yet
        # Bounded by the prefetch: the broker sends no more than that ahead of what is settled.
        self._copies: deque[Copy] = deque()
        # Sent, and not yet seen in the log; past `MOST_AHEAD` the oldest are forgotten.
        self._ahead: dict[str, None] = {}

    @property
    def is_fed_from_log(self) -> bool:
        return self.joined_at is None or self.position < self.joined_at

    def has_work(self, history: History) -> bool:
        return super().has_work(history) if self.is_fed_from_log else bool(self._copies)

    def receive(self, copy: Copy) -> None:
        """A copy has come out of the queue."""
        self._copies.append(copy)

    def leave_queue(self) -> None:
        """The queue is gone; a new one will be joined later."""
        self.joined_at = None
        while self._copies:
            self._copies.popleft().settle()

    def go_back_to_log(self, history: History) -> None:
        if self.joined_at is not None:
            self.joined_at = history.head

    def goes_on_at(self, position: int, *, is_told: bool) -> None:
        super().goes_on_at(position, is_told=is_told)
        self._ahead.clear()

    def take(self, history: History, read: Read) -> Batch:
        if self.is_fed_from_log:
            before = self.position
            batch = super().take(history, read)
            self._tick_off(history, before)
            return batch
        return self._take_copies(history)

    def has_lost(self, history: History, now: float) -> bool:
        """Whether a copy that should have come has not."""
        self._advance(history)
        if self.is_fed_from_log or self._copies or self.position >= history.head:
            return False
        if self.position < history.start:
            return True
        return now - history[self.position].received > LOST_AFTER

    def _take_copies(self, history: History) -> Batch:
        frames: list[bytes] = []
        ended: list[str] = []
        received = self._copies[0].received if self._copies else 0.0
        while self._copies and not self._skips(self._copies[0].event, history):
            copy = self._copies.popleft()
            copy.settle()
            if self._is_news(copy.event, history):
                self._run_ahead(copy.event)
                if copy.event.is_last:
                    ended.append(copy.event.job_id)
                frame = copy.event.words if self.is_text else copy.event.data
                if frame is not None:
                    frames.append(frame)
        self._advance(history)
        events = len(frames)
        self.unfinished.difference_update(ended)
        if frames and not self.is_text and self.told != self.position:
            self.told = self.position
            frames.insert(-1, sse.id_line(str(history.cursor(self.position))))
        return Batch(b"".join(frames), self.position, events, received, tuple(ended))

    def _skips(self, event: EncodedEvent, history: History) -> bool:
        """Whether an earlier event of the same job is not sent yet. Then the log goes first: a job is told in order."""
        at = history.position_of(event.id)
        if at is None or not self.position <= at < self.position + NEAR:
            return False
        between = (history[position].event for position in range(self.position, at))
        has_gap = any(
            each is not None and each.job_id == event.job_id and self._is_news(each, history) for each in between
        )
        if has_gap:
            self.go_back_to_log(history)
        return has_gap

    def _is_news(self, event: EncodedEvent, history: History) -> bool:
        at = history.position_of(event.id)
        is_sent = event.id in self._ahead or (at is not None and at < self.position)
        return not is_sent and self.selection.has(event)

    def _run_ahead(self, event: EncodedEvent) -> None:
        self._ahead[event.id] = None
        if len(self._ahead) > MOST_AHEAD:
            del self._ahead[next(iter(self._ahead))]

    def _advance(self, history: History) -> None:
        """Move over all that is sent, or does not concern this client."""
        if self.is_fed_from_log or self.position < history.start:
            return
        while self.position < history.head:
            event = history[self.position].event
            if event is not None and event.id in self._ahead:
                del self._ahead[event.id]
            elif event is not None and self.selection.has(event):
                return
            self.position += 1

    def _tick_off(self, history: History, before: int) -> None:
        if self._ahead:
            for position in range(before, self.position):
                event = history[position].event
                if event is not None:
                    self._ahead.pop(event.id, None)
