"""From a message's bytes to the bytes that clients get: decoded and encoded once for all clients."""

from collections import OrderedDict
from enum import StrEnum

import structlog
from prometheus_client import Counter

from contracts.errors import UnreadableMessageError
from contracts.events import decode_event
from notifier import sse, text
from notifier.errors import UnknownFormatError

CACHED_EVENTS = 256  # the same event reaches all clients' queues within moments; the oldest leave first

log: structlog.stdlib.BoundLogger = structlog.get_logger()


class Format(StrEnum):
    JSON = "json"
    TEXT = "text"


def parse_format(value: str | None) -> Format:
    """The format that a client asked for.

    Raises:
        UnknownFormatError: there is none of that name.
    """
    try:
        return Format(value or Format.JSON)
    except ValueError as error:
        raise UnknownFormatError(f"format={value[:40] if value else ''}: use `json` (the default) or `text`") from error


class Frames:
    """Encodes each event once a format. An event that nobody can decode is logged, counted and skipped, once."""

    def __init__(self, skipped: Counter) -> None:
        self._cache: OrderedDict[bytes, dict[Format, bytes | None]] = OrderedDict()
        self._skipped = skipped

    def encode(self, body: bytes, format: Format) -> bytes | None:
        """The event's frame, or None where this format has nothing to say of it."""
        known = self._cache.get(body)
        if known is None:
            known = self._encode_all(body)
            self._cache[body] = known
            if len(self._cache) > CACHED_EVENTS:
                self._cache.popitem(last=False)
        return known[format]

    def _encode_all(self, body: bytes) -> dict[Format, bytes | None]:
        try:
            event = decode_event(body)
            line = text.describe(event)
            return {
                Format.JSON: sse.frame(body.decode(), id=event.id),
                Format.TEXT: None if line is None else sse.frame(line),
            }
        except (UnreadableMessageError, ValueError) as error:
            self._skipped.inc()
            log.warning("event.skipped", reason=str(error), size=len(body))
            return dict.fromkeys(Format)
