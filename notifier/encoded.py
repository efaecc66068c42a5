"""From a message's bytes to the bytes that clients get: decoded and encoded once for all clients."""

from collections import OrderedDict
from dataclasses import dataclass

import structlog
from prometheus_client import Counter

from contracts.errors import UnreadableMessageError
from contracts.events import Event, StageProgressed, UploadProgressed, decode_event
from notifier import sse, text

CACHED_EVENTS = 1024  # the same event reaches the log and all clients' queues within moments; the oldest leave first
UPLOAD = -1  # in the place of a stage
TERMINAL = frozenset({"job.completed", "job.failed", "job.cancelled"})

log: structlog.stdlib.BoundLogger = structlog.get_logger()


@dataclass(slots=True, eq=False)
class EncodedEvent:
    """An event as it goes out, and what is asked about it on the way."""

    id: str
    job_id: str
    owner: str | None
    time: float  # seconds since 1970, by its sender's clock
    progress_of: tuple[str, int] | None  # job and stage: a later one of the same says all that this one does
    is_last: bool  # of its job
    data: bytes  # an SSE frame without its id
    words: bytes | None  # the same for people with curl, where there is something to say
    event: Event | None  # until it is folded into its job


class Encoder:
    """Encodes each event once. One that nobody can decode is logged, counted and skipped, once."""

    def __init__(self, skipped: Counter) -> None:
        self._cache: OrderedDict[bytes, EncodedEvent | None] = OrderedDict()
        self._skipped = skipped

    def read(self, body: bytes) -> EncodedEvent | None:
        """The event in a message's body, or None if it is none."""
        try:
            return self._cache[body]
        except KeyError:
            encoded = self._cache[body] = self._encode(body)
            if len(self._cache) > CACHED_EVENTS:
                self._cache.popitem(last=False)
            return encoded

    def _encode(self, body: bytes) -> EncodedEvent | None:
        try:
            return encode(decode_event(body), body)
        except (UnreadableMessageError, ValueError) as error:
            self._skipped.inc()
            log.warning("event.skipped", reason=str(error), size=len(body))
            return None


def encode(event: Event, body: bytes) -> EncodedEvent:
    """An event and the bytes that it came in."""
    line = text.describe(event)
    return EncodedEvent(
        id=event.id,
        job_id=event.subject,
        owner=event.data.job.owner,
        time=event.time.timestamp(),
        progress_of=_progress_of(event),
        is_last=event.type in TERMINAL,
        data=sse.frame(body.decode()),
        words=None if line is None else sse.frame(line),
        event=event,
    )


def _progress_of(event: Event) -> tuple[str, int] | None:
    match event:
        case StageProgressed(data=fact):
            return event.subject, fact.stage.index
        case UploadProgressed():
            return event.subject, UPLOAD
        case _:
            return None
