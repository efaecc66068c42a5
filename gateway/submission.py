"""From stored bytes to a job: its record beside them, the job to the broker, its first event to everyone."""

from datetime import datetime

import structlog

from contracts.events import JobFact, JobQueued
from contracts.job import Job, JobRequest
from contracts.upload import Upload
from gateway.blobs import Blobs
from gateway.progress import Progress
from gateway.publisher import Publisher

log: structlog.stdlib.BoundLogger = structlog.get_logger()


class Submissions:
    """The one way in which a file becomes a job, however its bytes came."""

    def __init__(self, blobs: Blobs, publisher: Publisher, *, source: str) -> None:
        self._blobs = blobs
        self._publisher = publisher
        self._source = source

    async def require(self, pipeline: str) -> None:
        """Raises UnknownPipelineError, NotReadyError: nobody could run it."""
        await self._publisher.require(pipeline)

    def progress(self, job: Job, *, length: int | None, received: int = 0) -> Progress:
        """Tells everyone of a file on its way."""
        return Progress(self._publisher, self._source, job, length, received)

    async def record(self, job: Job, accepted_at: datetime) -> Upload:
        """From now on the job can be looked up."""
        upload = Upload(job=job, accepted_at=accepted_at)
        await self._blobs.store_upload(upload)
        return upload

    async def send(self, job: Job, accepted_at: datetime) -> None:
        """Return when the broker has the job. A job that is sent twice runs once.

        Raises:
            UnknownPipelineError, NotReadyError: the broker did not confirm it.
        """
        await self._publisher.submit(JobRequest(job=job, accepted_at=accepted_at))
        event = JobQueued(source=self._source, subject=job.id, data=JobFact(job=job, attempt=1, sequence=0))
        await self._publisher.announce(event)
        log.info("job.accepted", job_id=job.id, pipeline=job.pipeline, size=job.size)
