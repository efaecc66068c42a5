"""What those who look on hear of a file on its way: twice a second at the most."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from time import monotonic

from contracts.events import Event, UploadFact, UploadProgressed
from contracts.job import Job
from gateway.publisher import Publisher

SECONDS_BETWEEN = 0.5


def upload_event(job: Job, received: int, *, length: int | None, source: str) -> Event:
    """What has come of a file."""
    progress = None if length is None else min(1.0, received / length if length else 1.0)
    job = job.model_copy(update={"size": received if length is None else length})
    fact = UploadFact(job=job, sequence=received, received=received, progress=progress)
    return UploadProgressed(source=source, subject=job.id, data=fact)


@dataclass
class Progress:
    """Tells of the blocks that pass. One event is on its way at a time; a slow broker hears of fewer."""

    publisher: Publisher
    source: str
    job: Job
    length: int | None  # of the whole file, if known
    received: int = 0  # before the first block
    _told_at: float = field(default=0.0, init=False)
    _telling: asyncio.Task[None] | None = field(default=None, init=False)

    async def of(self, blocks: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
        """The same blocks."""
        try:
            async for block in blocks:
                yield block
                self.received += len(block)
                self._tell()
        finally:
            if self._telling is not None:  # before `job.queued`, which ends what there is to tell
                await asyncio.wait({self._telling})

    def _tell(self) -> None:
        is_busy = self._telling is not None and not self._telling.done()
        if is_busy or monotonic() < self._told_at + SECONDS_BETWEEN:
            return
        self._told_at = monotonic()
        event = upload_event(self.job, self.received, length=self.length, source=self.source)
        self._telling = asyncio.ensure_future(self.publisher.announce(event))
