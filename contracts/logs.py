"""Log lines are events with stable names and bound ids, one line each: JSON, or text on a terminal."""

import logging
import sys
from collections.abc import MutableMapping
from typing import Any

import structlog

from contracts.traces import trace_ids

MAX_VALUE_LENGTH = 2_000
MAX_TRACEBACK_LENGTH = 8_000
TRACEBACKS = {"exception", "details"}
LIBRARIES_EVENTS = {"Exception in ASGI application": "request.broken"}  # those of them that somebody looks for
QUIET_LIBRARIES = {  # what they tell below these levels our own events say better, in one line
    "aio_pika": logging.ERROR,
    "aiormq": logging.ERROR,
    "aiormq.connection": logging.CRITICAL,
    "asyncio": logging.WARNING,
    "uvicorn": logging.WARNING,
    "uvicorn.error": logging.WARNING,
}


def configure_logs(service: str, *, level: str, format: str) -> None:
    """Send this process's log lines, and its libraries' warnings, to standard error."""
    as_json = format == "json" or (format == "auto" and not sys.stderr.isatty())
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        _trace,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
        _bound_values,
    ]
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    renderer: Any = structlog.processors.JSONRenderer() if as_json else _console_renderer()
    formatter = structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=[_name_of_ours, *shared],
        processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, renderer],
    )
    stream = logging.StreamHandler(sys.stderr)
    stream.setFormatter(formatter)
    root = logging.getLogger()
    root.handlers = [stream]
    root.setLevel(level.upper())
    for name, lowest in QUIET_LIBRARIES.items():
        logging.getLogger(name).setLevel(max(lowest, root.level))
    structlog.contextvars.bind_contextvars(service=service)


def _console_renderer() -> structlog.dev.ConsoleRenderer:
    return structlog.dev.ConsoleRenderer(
        colors=sys.stderr.isatty(), pad_event_to=0, pad_level=False, exception_formatter=structlog.dev.plain_traceback
    )


def _trace(_: Any, __: str, line: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """What happened within a trace says within which."""
    line.update(trace_ids())
    return line


def _name_of_ours(_: Any, __: str, line: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    line["event"] = LIBRARIES_EVENTS.get(line["event"].strip(), line["event"])
    return line


def _bound_values(_: Any, __: str, line: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """No log line grows without bound: a long value is cut. A traceback keeps its end, which says what happened."""
    for key, value in line.items():
        if not isinstance(value, str):
            continue
        if key in TRACEBACKS and len(value) > MAX_TRACEBACK_LENGTH:
            line[key] = f"({len(value)} characters) …{value[-MAX_TRACEBACK_LENGTH:]}"
        elif key not in TRACEBACKS and len(value) > MAX_VALUE_LENGTH:
            line[key] = f"{value[:MAX_VALUE_LENGTH]}… ({len(value)} characters)"
    return line
