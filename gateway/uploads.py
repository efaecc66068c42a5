"""Files of a request become jobs: bytes into the store, their records beside them, the jobs to the broker; or nothing.

With an `Idempotency-Key`, what is stored stays when the broker fails, and is sent when the request comes again.
"""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime

import structlog
from uuid_utils import uuid7

from contracts.broker import describe
from contracts.job import Job
from contracts.upload import Upload
from gateway.batch import DEFAULT_PIPELINE, Arrival, Batch, Sender, Store, weigh
from gateway.blobs import Blobs
from gateway.body import bounded, in_blocks
from gateway.errors import (
    KeyReusedError,
    NotFoundError,
    NotReadyError,
    RefusedError,
    SentTwiceError,
    UnusableFormError,
)
from gateway.filenames import clean_name
from gateway.form import Form
from gateway.idempotency import HEADER, KeptUploads, Key
from gateway.leaving import Leaving
from gateway.submission import Submissions
from gateway.usage import UsageBook

MAX_FIELD_BYTES = 1024
UNSENT = "the message broker does not answer at the moment; nothing was kept, try again shortly"
STORED_BUT_UNSENT = "stored, but the message broker does not answer: send it again with the same Idempotency-Key"

log: structlog.stdlib.BoundLogger = structlog.get_logger()

Receive = Callable[[Batch], Awaitable[None]]


@dataclass(frozen=True)
class Limits:
    """Of one request."""

    files: int
    file_bytes: int  # each


class Uploads:
    """Accepts files. A request's files become jobs together, after the last byte of the last one."""

    def __init__(
        self,
        blobs: Blobs,
        submissions: Submissions,
        kept: KeptUploads,
        usage: UsageBook,
        leaving: Leaving,
        *,
        limits: Limits,
    ) -> None:
        self._blobs = blobs
        self._submissions = submissions
        self._kept = kept
        self._leaving = leaving
        self._usage = usage
        self._limits = limits

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
        return await self._accept(sender, pipeline, lambda batch: self._receive_file(batch, name, in_blocks(body)))

    async def _accept(self, sender: Sender, pipeline: str | None, receive: Receive) -> list[Job]:
        if (known := await self._known(sender.key)) is not None:
            async with self._receiving():
                await receive(batch := _new_batch(sender, pipeline, weigh))
            return await self._again(batch, known)
        batch = _new_batch(sender, pipeline, self._blobs.store_source)
        try:
            async with self._whole(batch), self._receiving():
                await receive(batch)
        except SentTwiceError:
            return await self._again(batch, await self._known(sender.key) or [])
        return batch.submitted

    async def _known(self, key: Key | None) -> list[Upload] | None:
        """What a key stands for."""
        kept = await self._kept.find(key) if key is not None else None
        if key is None or kept is None:
            return None
        try:
            return [await self._blobs.find_upload(job_id) for job_id in kept.jobs]
        except NotFoundError:  # they were pruned since
            await self._kept.forget(key)
            return None

    async def _again(self, batch: Batch, known: list[Upload]) -> list[Job]:
        """The jobs of the same request before; what may not have been sent is sent now, and runs once all the same."""
        if not batch.is_same_as([upload.job for upload in known]):
            raise KeyReusedError(f"this {HEADER} was used for other files: use a new one for these")
        for upload in known:
            if not await self._kept.has_begun(upload.job.id):
                await self._submissions.send(upload.job, upload.accepted_at)
        return [upload.job for upload in known]

    @asynccontextmanager
    async def _whole(self, batch: Batch) -> AsyncIterator[None]:
        """Ask before the first byte is read; submit after the last; put everything away if anything fails."""
        await self._submissions.require(batch.pipeline)
        await self._usage.check(batch.sender.owner)
        try:
            yield
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
                await self._submissions.require(batch.pipeline)
        if not batch.arrivals:
            raise UnusableFormError("the form has no file: send at least one part named `file` with a file name")

    async def _receive_file(self, batch: Batch, name: str, blocks: AsyncIterator[bytes]) -> None:
        if len(batch.arrivals) >= self._limits.files:
            raise UnusableFormError(
                f"the form has more than {self._limits.files} files: send the rest in another request"
            )
        arrival = Arrival(str(uuid7()), clean_name(name))
        batch.arrivals.append(arrival)
        if batch.sender.tells_progress:
            blocks = self._submissions.progress(batch.job(arrival), length=batch.sender.length).of(blocks)
        arrival.content = await batch.store(arrival.job_id, bounded(blocks, limit=self._limits.file_bytes))

    async def _submit(self, batch: Batch) -> None:
        now, jobs, key = datetime.now(UTC), batch.jobs(), batch.sender.key
        await self._usage.check(batch.sender.owner, files=len(jobs), size=sum(job.size for job in jobs))
        for job in jobs:
            await self._submissions.record(job, now)
        if key is not None:
            if not await self._kept.keep(key, tuple(job.id for job in jobs)):
                raise SentTwiceError
            batch.is_kept = True
        for job in jobs:
            try:
                await self._submissions.send(job, now)
            except NotReadyError as error:
                raise NotReadyError(STORED_BUT_UNSENT if batch.is_kept else UNSENT) from error
            batch.submitted.append(job)
            await self._usage.note(job.owner, job.id, job.size)

    async def _withdraw(self, batch: Batch) -> None:
        """Remove what was stored for jobs that the broker did not confirm. Those it did confirm will run."""
        if batch.is_kept:
            return
        confirmed = {job.id for job in batch.submitted}
        for arrival in batch.arrivals:
            if arrival.job_id not in confirmed:
                try:
                    await self._blobs.remove_job(arrival.job_id)
                    log.info("upload.withdrawn", job_id=arrival.job_id)
                except RefusedError as error:  # the sender's answer is the error that came first
                    reason = describe(error.__cause__ or error)
                    log.warning("upload.left_behind", job_id=arrival.job_id, reason=reason)


def _new_batch(sender: Sender, pipeline: str | None, store: Store) -> Batch:
    return Batch(sender, store, pipeline or DEFAULT_PIPELINE)
