"""Log lines of a stage: written where it works, read in the processor's log with the job's id and the stage's name."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

import structlog

from processor.utf8 import sendable

MAX_LINES = 1_000  # a stage; those past it are dropped, and the last line says so
MAX_EVENT_LENGTH = 200
MAX_VALUES = 30  # a line; those past it are dropped
MAX_VALUE_LENGTH = 1_000
# What a log line says itself: a stage's value of such a name gets a `_` at its end.
RESERVED = frozenset({
    "event", "exc_info", "exception", "job_id", "level", "pipeline", "self", "service", "stack", "stage", "timestamp",
})  # fmt: skip

Level = Literal["debug", "info", "warning", "error"]

log: structlog.stdlib.BoundLogger = structlog.get_logger()


@dataclass(frozen=True)
class Logged:
    """Stage to service: a log line."""

    level: Level
    event: str
    values: Mapping[str, Any]


class StageLog:
    """`stage.log.info("page.read", number=3)`: an event's name, and values beside it."""

    def __init__(self, tell: Callable[[Logged], None]) -> None:
        self._tell = tell
        self._left = MAX_LINES

    def debug(self, event: str, /, **values: Any) -> None:
        self._line("debug", event, values)

    def info(self, event: str, /, **values: Any) -> None:
        self._line("info", event, values)

    def warning(self, event: str, /, **values: Any) -> None:
        self._line("warning", event, values)

    def error(self, event: str, /, **values: Any) -> None:
        self._line("error", event, values)

    def _line(self, level: Level, event: str, values: Mapping[str, Any]) -> None:
        if self._left <= 0:
            return
        self._left -= 1
        if self._left == 0:
            self._tell(Logged("warning", "stage.log_full", {"lines": MAX_LINES - 1}))
            return
        kept = {_name(name): _plain(value) for name, value in list(values.items())[:MAX_VALUES]}
        self._tell(Logged(level, _cut(str(event), MAX_EVENT_LENGTH), kept))


def write(line: Logged, *, job_id: str, stage: str) -> None:
    """Put a stage's line into the processor's own log."""
    bound = log.bind(**{**line.values, "job_id": job_id, "stage": stage})
    getattr(bound, line.level)(line.event)


def _name(name: str) -> str:
    name = _cut(name, MAX_EVENT_LENGTH)
    return f"{name}_" if name in RESERVED else name


def _plain(value: Any) -> Any:
    """A value that any log can hold: a number, a truth value, nothing, or bounded text."""
    if value is None or type(value) in {bool, int, float}:
        return value
    return _cut(value if isinstance(value, str) else repr(value), MAX_VALUE_LENGTH)


def _cut(text: str, length: int) -> str:
    return sendable(text if len(text) <= length else f"{text[:length]}…")
