"""Resumable uploads: created, added to, and at their end a job as any other."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime
from weakref import WeakValueDictionary

from uuid_utils import uuid7

from contracts.access.caller import Caller
from contracts.upload import Upload
from gateway.batch import DEFAULT_PIPELINE
from gateway.blobs import Blobs
from gateway.body import too_large
from gateway.digests import Digest, verified
from gateway.errors import (
    BadRequestError,
    ConflictError,
    KeyReusedError,
    LockedError,
    NotFoundError,
    NotReadyError,
)
from gateway.filenames import clean_name
from gateway.idempotency import HEADER, KeptUploads
from gateway.submission import Submissions
from gateway.tally import Content
from gateway.tus.ledger import Ledger, unknown
from gateway.tus.protocol import Creation, Progress
from gateway.tus.receptacle import Receptacle
from gateway.tus.upload import ResumableUpload
from gateway.usage import UsageBook

UNSENT = "all bytes are stored, and the job is sent as soon as the message broker answers"


@dataclass(frozen=True)
class Standing:
    """An upload and how far it is."""

    upload: ResumableUpload
    progress: Progress
    is_finished: bool  # its job was taken over by the broker

    @property
    def is_due(self) -> bool:
        """All bytes are there, and there is no job yet."""
        return self.progress.is_complete and not self.is_finished and not self.upload.is_partial

    @property
    def job_id(self) -> str | None:
        """Its job, once there is one."""
        return self.upload.job_id if self.is_finished and not self.upload.is_partial else None


class Files:
    """What can be done with resumable uploads; the state is in the store, so any gateway may do it."""

    def __init__(
        self,
        ledger: Ledger,
        receptacle: Receptacle,
        blobs: Blobs,
        submissions: Submissions,
        kept: KeptUploads,
        usage: UsageBook,
    ) -> None:
        self._ledger = ledger
        self._receptacle = receptacle
        self._blobs = blobs
        self._submissions = submissions
        self._kept = kept
        self._usage = usage
        self._completing: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    async def create(self, upload_id: str, creation: Creation, caller: Caller) -> Standing:
        """Begin an upload; the same id with the same wishes gives what there is.

        Raises:
            KeyReusedError: there is another one under that id.
            UnknownPipelineError, NotReadyError: nobody could run its job.
            NotFoundError, ConflictError: it is to be made of uploads that are not this caller's, not complete, or parts
                of another.
            TooLargeError: they are too large together.
        """
        owner = caller.owner
        wanted = _wished_for(upload_id, creation, owner)
        if not wanted.is_partial:
            await self._submissions.require(wanted.pipeline)
        if wanted.partials:
            length = sum([await self._complete_length(partial, caller) for partial in wanted.partials])
            if length > self._blobs.largest:
                raise too_large(self._blobs.largest)
            wanted = wanted.model_copy(update={"length": length})
        else:  # what a final upload is made of has been counted
            await self._usage.check(owner, size=wanted.length or 0)
        upload = await self._ledger.create(wanted)
        if not (upload.is_same_as(wanted) and caller.may_go_on_with(upload.owner)):
            raise KeyReusedError(f"this {HEADER} was used for another upload: use a new one for this")
        if upload.job_id == wanted.job_id and not wanted.partials:
            await self._usage.note(owner, wanted.job_id, wanted.length or 0)
        return await self.complete(await self._look(upload))

    async def find(self, upload_id: str, caller: Caller) -> Standing:
        """How far an upload is. One that has all its bytes and is no job yet becomes one now.

        Raises:
            NotFoundError: there is none, or no longer, or it is not this caller's: nobody learns which.
            NotReadyError: it could not become a job yet.
        """
        return await self.complete(await self._look(await self._find(upload_id, caller)))

    async def look(self, upload_id: str) -> Standing:
        """The same, and changes nothing."""
        return await self._look(await self._ledger.find(upload_id))

    async def add(
        self,
        standing: Standing,
        blocks: AsyncIterator[bytes],
        *,
        size: int | None = None,
        digests: tuple[Digest, ...] = (),
    ) -> Standing:
        """Add the blocks of a body at the end, of so many bytes if that is known; the last ones make it a job.

        Raises:
            OverQuotaError: nobody has said how long the upload will be, and it is as long as its owner may make it.
            ConflictError, LockedError, NotFoundError: as `Receptacle.append`.
            DigestMismatchError, ChecksumMismatchError: nothing of this body was kept.
        """
        upload, progress = standing.upload, standing.progress
        if progress.length is None:
            await self._usage.check(upload.owner, files=0, size=size or 1)
        checked = verified(blocks, digests)
        if upload.tells_progress:
            telling = self._submissions.progress(
                upload.job(progress.length), length=progress.length, received=progress.offset
            )
            checked = telling.of(checked)
        end = await self._receptacle.append(upload.id, progress.offset, checked, whole=bool(digests))
        if progress.length is None:
            await self._usage.note(upload.owner, upload.job_id, end)
        return await self._look(upload)

    async def complete(self, standing: Standing) -> Standing:
        """Make it a job, if all bytes are there; raises as `find`."""
        upload = standing.upload
        if not standing.is_due:
            return standing
        lock = self._completing.setdefault(upload.id, asyncio.Lock())
        async with lock:
            if not await self._ledger.is_finished(upload.id):
                await self._submit(upload)
        return await self._look(upload)

    async def declare_length(self, standing: Standing, length: int) -> Standing:
        """Say how long it will be.

        Raises:
            BadRequestError, ConflictError: it cannot be that long.
        """
        if length < standing.progress.offset:
            raise BadRequestError(f"{standing.progress.offset} bytes came already: it cannot become {length} long")
        upload = standing.upload
        await self._usage.check(upload.owner, files=0, size=length - standing.progress.offset)
        if await self._ledger.declare_length(upload, length) != length:
            raise ConflictError(f"the upload will be {standing.progress.length} bytes long, as was said before")
        await self._usage.note(upload.owner, upload.job_id, length)
        return await self._look(upload)

    async def remove(self, standing: Standing) -> None:
        """End an upload and forget it, if it is still so far. A job that it became stays.

        Raises:
            LockedError: somebody adds to it just now.
        """
        upload = standing.upload
        has_bytes = not standing.is_finished and not upload.partials
        if has_bytes and not await self._receptacle.close(upload.id, at=standing.progress.offset):
            raise LockedError("somebody adds to this upload just now: try again")
        await self._ledger.remove(upload.id)

    async def _look(self, upload: ResumableUpload) -> Standing:
        is_finished = await self._ledger.is_finished(upload.id)
        length = await self._ledger.length(upload)
        is_whole = is_finished or bool(upload.partials)
        offset = length if is_whole and length is not None else await self._receptacle.offset(upload.id)
        return Standing(upload, Progress(offset, length, is_final=bool(upload.partials)), is_finished)

    async def _find(self, upload_id: str, caller: Caller) -> ResumableUpload:
        upload = await self._ledger.find(upload_id)
        if not caller.may_go_on_with(upload.owner):
            raise unknown()
        return upload

    async def _complete_length(self, upload_id: str, caller: Caller) -> int:
        """Of a partial upload."""
        standing = await self._look(await self._find(upload_id, caller))
        if not (standing.upload.is_partial and standing.progress.is_complete):
            raise ConflictError(f"the upload /files/{upload_id} is not partial, or not complete")
        return standing.progress.offset

    async def _submit(self, upload: ResumableUpload) -> None:
        accepted = await self._accept(upload)
        if not await self._kept.has_begun(upload.job_id):
            try:
                await self._submissions.send(accepted.job, accepted.accepted_at)
            except NotReadyError as error:
                raise NotReadyError(UNSENT) from error
        await self._ledger.finish(upload.id)

    async def _accept(self, upload: ResumableUpload) -> Upload:
        """Make its bytes a job's file, once: when it is to be sent again, they and its parts may be gone."""
        try:
            return await self._blobs.find_upload(upload.job_id)
        except NotFoundError:
            content = await self._content_of(upload)
        return await self._submissions.record(upload.job(content.size, content.sha256), datetime.now(UTC))

    async def _content_of(self, upload: ResumableUpload) -> Content:
        if not upload.partials:
            return await self._receptacle.become(upload.id, upload.job_id)
        for partial in upload.partials:  # so that who sends little cannot let much be stored, time and again
            if not await self._ledger.join(partial, upload.id):
                raise ConflictError(f"the upload /files/{partial} is a part of another already")
        return await self._blobs.store_source(upload.job_id, self._joined(upload))

    async def _joined(self, upload: ResumableUpload) -> AsyncIterator[bytes]:
        for upload_id in upload.partials:
            async for block in self._receptacle.read(upload_id):
                yield block


def _wished_for(upload_id: str, creation: Creation, owner: str | None) -> ResumableUpload:
    fields = creation.fields
    return ResumableUpload(
        id=upload_id,
        job_id=str(uuid7()),
        name=clean_name(fields.get("filename") or fields.get("name") or ""),
        pipeline=fields.get("pipeline") or DEFAULT_PIPELINE,
        owner=owner,
        length=creation.length,
        metadata=creation.metadata,
        tells_progress=fields.get("progress") == "1" and not creation.is_partial,
        is_partial=creation.is_partial,
        partials=creation.partials,
        created_at=datetime.now(UTC),
    )
