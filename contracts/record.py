"""A job's permanent record, `job.json` beside its artifacts, and what a job looks like to who reads only the store."""

from typing import Any, Literal

import obstore
from obstore.store import ObjectStore
from pydantic import Field, ValidationError

from contracts.blobs import record_key, upload_key
from contracts.errors import UnreadableMessageError
from contracts.job import summarise
from contracts.snapshot import JobSnapshot
from contracts.state import JobState
from contracts.upload import Upload, decode_upload


class JobRecord(JobSnapshot):
    """Written after every stage and at the end, whole or not at all: the checkpoint, and later the outcome."""

    version: Literal[1] = 1
    facts: dict[str, dict[str, Any]] = Field(default_factory=dict, description="What completed stages found, by name.")


def decode_record(body: bytes) -> JobRecord:
    """Read a job's record.

    Raises:
        UnreadableMessageError: the bytes are no record of version 1.
    """
    try:
        return JobRecord.model_validate_json(body)
    except ValidationError as error:
        raise UnreadableMessageError(f"no job record: {summarise(error)}") from error


def record_of_upload(upload: Upload) -> JobRecord:
    """A job that was accepted and of which nothing more is known."""
    return JobRecord(
        job=upload.job,
        state=JobState.QUEUED,
        attempt=1,
        sequence=0,
        queued_at=upload.accepted_at,
        heard_at=upload.accepted_at,
    )


async def read_record(store: ObjectStore, job_id: str) -> JobRecord | None:
    """What the store says of a job: its record, else that it was accepted, else None.

    Raises:
        ValueError: that is no job id.
        UnreadableMessageError: what stands there cannot be read.
        obstore.exceptions.BaseError, OSError: the store cannot be read.
    """
    if (body := await _read(store, record_key(job_id))) is not None:
        return decode_record(body)
    if (body := await _read(store, upload_key(job_id))) is not None:
        return record_of_upload(decode_upload(body))
    return None


async def _read(store: ObjectStore, key: str) -> bytes | None:
    try:
        answer = await obstore.get_async(store, key)
        return bytes(await answer.bytes_async())
    except FileNotFoundError:
        return None
