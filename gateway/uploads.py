"""The birth of a job: bytes into the store, its record beside them, the job to the broker; or nothing at all.

With an `Idempotency-Key`, what is stored stays when the broker fails, and is sent when the request comes again.
"""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Protocol

import structlog
from uuid_utils import uuid7

from contracts.events import Event, JobFact, JobQueued
from contracts.job import Job, JobRequest
from contracts.upload import Upload
from gateway.blobs import Blobs
from gateway.errors import NotFoundError, NotReadyError, RefusedError, SentTwiceError, UnusableFormError
from gateway.filenames import clean_name
from gateway.form import Form
from gateway.idempotency import KeptUploads, Key
from gateway.leaving import Leaving

MAX_FIELD_BYTES = 1024
DEFAULT_PIPELINE = "inspect"
UNSENT = "the message broker does not answer at the moment; nothing was kept, try again shortly"
STORED_BUT_UNSENT = "stored, but the message broker does not answer: send it again with the same Idempotency-Key"

log: structlog.stdlib.BoundLogger = structlog.get_logger()


class Publisher(Protocol):
    """What an upload needs of the broker."""

    async def require(self, pipeline: str) -> None:
        """Refuse a pipeline that no processor offers."""

    async def submit(self, request: JobRequest) -> None:
        """Return when the broker has taken the job over."""

    async def announce(self, event: Event) -> None:
        """Tell everyone, as well as the broker can."""


@dataclass(frozen=True)
class Sender:
    """Who sends, and the key that makes sending again harmless."""

    owner: str | None
    key: Key | None = None


@dataclass
class Batch:
    """The files of one request, on their way."""

    sender: Sender
    pipeline: str = DEFAULT_PIPELINE
    stored: list[tuple[str, str, int]] = field(default_factory=list)  # job id, file name, size
    submitted: list[Job] = field(default_factory=list)
    is_kept: bool = False  # under the sender's key: from now on it is only completed, never withdrawn

    def jobs(self) -> list[Job]:
        return [
            Job(id=job_id, name=name, size=size, pipeline=self.pipeline, owner=self.sender.owner)
            for job_id, name, size in self.stored
        ]


Receive = Callable[[Batch], Awaitable[None]]


class Uploads:
    """Accepts files. A request's files become jobs together, after the last byte of the last one."""

    def __init__(
        self, blobs: Blobs, publisher: Publisher, kept: KeptUploads, leaving: Leaving, *, source: str, max_files: int
    ) -> None:
        self._blobs = blobs
        self._publisher = publisher
        self._kept = kept
        self._leaving = leaving
        self._source = source
        self._max_files = max_files

    async def accept_form(self, form: Form, *, pipeline: str | None, sender: Sender) -> list[Job]:
        """Take the `file` parts of a form, and its `pipeline` field; with a known key, give its jobs back.

        Raises:
            RefusedError: and nothing is kept of what came.
            SenderGoneError: likewise.
        """
        return await self._accept(sender, pipeline, lambda batch: self._receive_form(batch, form))

    async def accept_bytes(
        self, name: str, body: AsyncIterator[bytes], *, pipeline: str | None, sender: Sender
    ) -> list[Job]:
        """Take a bare request body as one file; otherwise as `accept_form`."""
        return await self._accept(sender, pipeline, lambda batch: self._receive_file(batch, name, body))

    async def _accept(self, sender: Sender, pipeline: str | None, receive: Receive) -> list[Job]:
        if (known := await self._known(sender.key)) is not None:
            return known
        try:
            async with self._batch(sender, pipeline) as batch, self._receiving():
                await receive(batch)
        except SentTwiceError:
            return await self._known(sender.key) or []
        return batch.submitted

    async def _known(self, key: Key | None) -> list[Job] | None:
        """The jobs that a key stands for; what may not have been sent is sent now, and runs once all the same."""
        kept = await self._kept.find(key) if key is not None else None
        if key is None or kept is None:
            return None
        try:
            uploads = [await self._blobs.find_upload(job_id) for job_id in kept.jobs]
        except NotFoundError:  # they were pruned since
            await self._kept.forget(key)
            return None
        for upload in uploads:
            if not await self._kept.has_begun(upload.job.id):
                await self._send(upload.job, upload.accepted_at)
        return [upload.job for upload in uploads]

    @asynccontextmanager
    async def _batch(self, sender: Sender, pipeline: str | None) -> AsyncIterator[Batch]:
        """Ask before the first byte is read; submit after the last; put everything away if anything fails."""
        batch = Batch(sender, pipeline or DEFAULT_PIPELINE)
        await self._publisher.require(batch.pipeline)
        try:
            yield batch
            await self._submit(batch)
        except BaseException as error:
            if isinstance(error, RefusedError):
                error.accepted = [job.id for job in batch.submitted]
            await self._withdraw(batch)
            raise

    @asynccontextmanager
    async def _receiving(self) -> AsyncIterator[None]:
        """Bytes are on their way, until the gateway must go."""
        try:
            async with self._leaving.limited():
                yield
        except TimeoutError as error:
            raise NotReadyError("the gateway is being stopped; nothing was kept, try again shortly") from error

    async def _receive_form(self, batch: Batch, form: Form) -> None:
        async for part in form:
            if part.name == "file":
                if part.filename is None:
                    raise UnusableFormError(
                        "a part named `file` has no file name: send it as a file, not as a text field"
                    )
                await self._receive_file(batch, part.filename, part.blocks())
            elif part.name == "pipeline":
                batch.pipeline = await part.text(limit=MAX_FIELD_BYTES)
                await self._publisher.require(batch.pipeline)
        if not batch.stored:
            raise UnusableFormError("the form has no file: send at least one part named `file` with a file name")

    async def _receive_file(self, batch: Batch, name: str, blocks: AsyncIterator[bytes]) -> None:
        if len(batch.stored) >= self._max_files:
            raise UnusableFormError(f"the form has more than {self._max_files} files: send the rest in another request")
        job_id = str(uuid7())
        batch.stored.append((job_id, clean_name(name), 0))
        size = await self._blobs.store_source(job_id, blocks)
        batch.stored[-1] = (job_id, clean_name(name), size)

    async def _submit(self, batch: Batch) -> None:
        now, jobs, key = datetime.now(UTC), batch.jobs(), batch.sender.key
        for job in jobs:
            await self._blobs.store_upload(Upload(job=job, accepted_at=now))
        if key is not None:
            if not await self._kept.keep(key, tuple(job.id for job in jobs)):
                raise SentTwiceError
            batch.is_kept = True
        for job in jobs:
            try:
                await self._send(job, now)
            except NotReadyError as error:
                raise NotReadyError(STORED_BUT_UNSENT if batch.is_kept else UNSENT) from error
            batch.submitted.append(job)
            log.info("job.accepted", job_id=job.id, pipeline=job.pipeline, size=job.size)

    async def _send(self, job: Job, accepted_at: datetime) -> None:
        await self._publisher.submit(JobRequest(job=job, accepted_at=accepted_at))
        event = JobQueued(source=self._source, subject=job.id, data=JobFact(job=job, attempt=1, sequence=0))
        await self._publisher.announce(event)

    async def _withdraw(self, batch: Batch) -> None:
        """Remove what was stored for jobs that the broker did not confirm. Those it did confirm will run."""
        if batch.is_kept:
            return
        confirmed = {job.id for job in batch.submitted}
        for job_id, _, _ in batch.stored:
            if job_id not in confirmed:
                try:
                    await self._blobs.remove_job(job_id)
                    log.info("upload.withdrawn", job_id=job_id)
                except RefusedError as error:  # the sender's answer is the error that came first
                    log.error("upload.left_behind", job_id=job_id, reason=repr(error.__cause__))
