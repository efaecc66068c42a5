"""What the store knows of jobs, as the gateway reads and changes it on command."""

from collections.abc import Awaitable
from datetime import UTC, datetime
from typing import TypeVar

import obstore
from obstore.exceptions import BaseError as StoreError
from obstore.store import ObjectStore

from contracts.blobs import cancellation_key, remove_artifacts
from contracts.claims import claimed_attempts
from contracts.control import Cancellation
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
        """In place of the one before."""
        await _asked(write_record(self._store, record))

    async def mark_cancelled(self, job_id: str) -> None:
        """From now on whoever takes the job ends it."""
        mark = encode(Cancellation(asked_at=datetime.now(UTC)))
        await _asked(obstore.put_async(self._store, cancellation_key(job_id), mark))

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


async def _asked(answer: Awaitable[T]) -> T:
    try:
        return await answer
    except FileNotFoundError:
        raise
    except (StoreError, OSError) as error:
        raise NotReadyError("the blob store does not answer at the moment; try again shortly") from error
