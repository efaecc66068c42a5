"""What the store knows of jobs, as the gateway reads and changes it on command."""

from collections.abc import Awaitable
from datetime import UTC, datetime
from typing import TypeVar

import obstore
from obstore.exceptions import AlreadyExistsError
from obstore.exceptions import BaseError as StoreError
from obstore.store import ObjectStore
from uuid_utils import uuid4

from contracts.blobs import attempt_key, cancellation_key, end_key, remove_artifacts
from contracts.claims import Claim, claimed_attempts, decode_claim
from contracts.control import Cancellation, decode_cancellation
from contracts.errors import UnreadableMessageError
from contracts.events import encode
from contracts.record import JobRecord, read_record, write_record
from gateway.errors import NotFoundError, NotReadyError

T = TypeVar("T")


class Records:
    """Jobs by their records; each method raises `NotReadyError` when the store does not let us."""

    def __init__(self, store: ObjectStore) -> None:
        self._store = store

    async def find(self, job_id: str) -> JobRecord:
        """How far a job is.

        Raises:
            NotFoundError: no such job was accepted.
        """
        try:
            record = await _asked(read_record(self._store, job_id))
        except UnreadableMessageError as error:
            raise NotFoundError("what is recorded of this job cannot be read") from error
        except ValueError as error:
            raise NotFoundError("that is no job's id") from error
        if record is None:
            raise NotFoundError("no such job was accepted here, or it was removed")
        return record

    async def keep(self, record: JobRecord) -> None:
        """In place of the one before; an end also where an overtaken processor looks for it (`JobFolder` there)."""
        if record.state.is_terminal:
            await _asked(obstore.put_async(self._store, end_key(record.job.id, record.attempt), encode(record)))
        await _asked(write_record(self._store, record))

    async def mark_cancelled(self, job_id: str) -> datetime:
        """From now on whoever takes the job ends it; gives when that was asked for first."""
        try:
            return decode_cancellation(await self._read(cancellation_key(job_id))).asked_at
        except (FileNotFoundError, UnreadableMessageError):
            mark = Cancellation(asked_at=datetime.now(UTC))
        await _asked(obstore.put_async(self._store, cancellation_key(job_id), encode(mark)))
        return mark.asked_at

    async def unmark_cancelled(self, job_id: str) -> None:
        """Whoever takes the job may run it again."""
        try:
            await _asked(obstore.delete_async(self._store, cancellation_key(job_id)))
        except FileNotFoundError:
            return

    async def remove_half_done(self, record: JobRecord) -> None:
        """Remove artifacts of stages that did not end well."""
        kept = {artifact.name for artifact in record.artifacts}
        await _asked(remove_artifacts(self._store, record.job.id, but=kept))

    async def newest_attempt(self, job_id: str) -> int:
        """The highest number that a processor has begun; 0 when none has."""
        attempts = await _asked(claimed_attempts(self._store, job_id))
        return attempts[-1] if attempts else 0

    async def overtake(self, job_id: str, *, holder: str) -> int | None:
        """Claim the attempt after the newest, so that whoever has that stops; None if somebody else was faster.

        It is released: should the message of the job come up before its end is recorded, another attempt is begun.
        """
        newest = await self.newest_attempt(job_id)
        try:
            request = decode_claim(await self._read(attempt_key(job_id, newest))).request
        except (FileNotFoundError, UnreadableMessageError):
            request = newest + 1
        claim = Claim(attempt=newest + 1, request=request, holder=holder, token=uuid4().hex, is_released=True)
        key = attempt_key(job_id, claim.attempt)
        try:
            await _asked(obstore.put_async(self._store, key, encode(claim), mode="create"))
        except AlreadyExistsError:
            return None
        return claim.attempt

    async def _read(self, key: str) -> bytes:
        answer = await _asked(obstore.get_async(self._store, key))
        return bytes(await _asked(answer.bytes_async()))


async def _asked(answer: Awaitable[T]) -> T:
    try:
        return await answer
    except (FileNotFoundError, AlreadyExistsError):
        raise
    except (StoreError, OSError) as error:
        raise NotReadyError("the blob store does not answer at the moment; try again shortly") from error
