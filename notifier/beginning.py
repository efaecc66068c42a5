"""How a stream begins: with what its client missed, or with a snapshot that says why. Pure."""

from dataclasses import dataclass
from datetime import datetime

from notifier.cursor import Cursor
from notifier.history import History
from notifier.selection import Selection
from notifier.snapshots import Reason


@dataclass(frozen=True)
class Replay:
    """Everything from this position of the history on."""

    position: int


@dataclass(frozen=True)
class Snapshot:
    """The jobs as they are now."""

    reason: Reason


Beginning = Replay | Snapshot


class Unreadable:
    """The client said that it has something, in words that were never ours."""


Wanted = Cursor | datetime | Unreadable | None  # None: it has nothing


def begin(wanted: Wanted, selection: Selection, history: History, *, max_replay: int) -> Beginning:
    """Go on after a cursor or a moment if the history has all that followed, and if that is not too much."""
    match wanted:
        case None:
            return Snapshot(Reason.NEW)
        case Cursor():
            position, otherwise = history.after(wanted), _why_not(wanted, history)
        case datetime():
            position, otherwise = history.since(wanted.timestamp()), Reason.TOO_OLD
        case _:
            position, otherwise = None, Reason.UNKNOWN_ID
    if position is None:
        return Snapshot(otherwise)
    if _is_more_than(max_replay, position, selection, history):
        return Snapshot(Reason.TOO_MUCH)
    return Replay(position)


def _why_not(cursor: Cursor, history: History) -> Reason:
    return Reason.TOO_OLD if history.is_before(cursor) else Reason.UNKNOWN_ID


def _is_more_than(bound: int, position: int, selection: Selection, history: History) -> bool:
    if history.head - position <= bound:
        return False
    events = (history[at].event for at in range(position, history.head))
    return sum(event is not None and selection.has(event) for event in events) > bound
