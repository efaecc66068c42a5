"""A file on its way to become one job, however often its connection is lost."""

import asyncio
from dataclasses import dataclass, field

import httpx

from client.errors import AwayError, ChangedError, UnreachableError
from client.pause import pause
from client.resumable import NotSpokenError, Resumable
from client.stream import broken
from client.upload import Patience, Place, Progress, Source, Unkept, Upload, ignore
from client.whole import Whole
from contracts.job import Job

TRIES = 6  # in a row without a byte more; some 30 to 45 s of waiting altogether
LEAST_PAUSE = 1.0
WHOLE_UP_TO = 8 * 1024 * 1024  # bytes; less is sent again sooner than it is asked how far it came


async def send(
    http: httpx.AsyncClient,
    url: str,
    upload: Upload,
    *,
    place: Place | None = None,
    sent: Progress = ignore,
    waiting: Patience = ignore,
) -> Job:
    """Send a file until it is a job; `url` is the gateway's. What is remembered at `place` is gone on with.

    Raises:
        OSError: the file cannot be read.
        ChangedError: it was written to between two tries.
        RefusedError: it is not wanted.
        AwayError, UnreachableError: it could not be sent, however often it was tried. Where nothing listens from the
            beginning, that is once.
    """
    source, place, tries = Source.at(upload.path), place or Unkept(), Tries(url)
    whole = Whole(http, url, upload, source, sent)
    way = whole if source.size <= WHOLE_UP_TO else Resumable(http, url, upload, source, place, sent)
    while True:
        try:
            source.require_unchanged()
            return await way.send()
        except NotSpokenError:
            way = whole
        except ChangedError:
            place.forget()
            raise
        except (AwayError, httpx.TransportError) as error:
            seconds = tries.failed(error, acknowledged=way.acknowledged)
            waiting(broken(error), seconds)
            await asyncio.sleep(seconds)


@dataclass
class Tries:
    """Counts failures in a row; one after which more had arrived than before is the first of a new row."""

    url: str
    _failures: int = field(default=0, init=False)
    _acknowledged: int = field(default=-1, init=False)

    def failed(self, error: Exception, *, acknowledged: int) -> float:
        """How long to wait before the next try, in seconds.

        Raises:
            AwayError, UnreachableError: there shall be none.
        """
        self._failures = 1 if acknowledged > self._acknowledged else self._failures + 1
        self._acknowledged = acknowledged
        is_nobody_there = isinstance(error, httpx.ConnectError) and acknowledged < 0 and self._failures == 1
        if self._failures == TRIES or is_nobody_there:
            raise self._given_up(error) from error
        asked = error.retry_after if isinstance(error, AwayError) else None
        return pause(self._failures, least=LEAST_PAUSE, asked=asked)

    def _given_up(self, error: Exception) -> Exception:
        if isinstance(error, AwayError):
            return error
        return UnreachableError(f"nothing usable answers at {self.url} ({broken(error)})")
