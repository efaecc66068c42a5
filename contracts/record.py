"""A job's permanent record, `job.json` beside its artifacts, and what a job looks like to who reads only the store."""

from typing import Annotated, Any, Literal

import obstore
from obstore.store import ObjectStore
from pydantic import AwareDatetime, Field

from contracts.blobs import record_key, upload_key
from contracts.events import (
    Event,
    JobCancelled,
    JobCompleted,
    JobFailed,
    JobQueued,
    JobRetrying,
    JobStarted,
    StageCompleted,
    StageFailed,
    encode,
)
from contracts.job import decode
from contracts.snapshot import JobSnapshot, StageState, fold
from contracts.state import JobState
from contracts.upload import Upload, decode_upload

Outcome = Annotated[JobRetrying | JobCompleted | JobFailed | JobCancelled, Field(discriminator="type")]


class JobRecord(JobSnapshot):
    """Written when an attempt begins, after every stage and at the end, whole or not at all.

    It is the checkpoint that the next attempt goes on from, and later the outcome.
    """

    version: Literal[1] = 1
    facts: dict[str, dict[str, Any]] = Field(default_factory=dict, description="What completed stages found, by name.")
    failures: dict[str, int] = Field(default_factory=dict, description="How often each stage has failed, by name.")
    begun_at: AwareDatetime | None = Field(
        default=None, description="When its first attempt began since it was queued."
    )
    outcome: Outcome | None = Field(
        default=None,
        description="The event that ended the last attempt, to be told again by who cannot know if it was.",
    )

    @property
    def completed_stages(self) -> frozenset[str]:
        return frozenset(stage.name for stage in self.stages if stage.state is StageState.COMPLETED)


def record_event(known: JobRecord, event: Event) -> JobRecord:
    """The record after an event; the same object when that is not newer than what is known."""
    after = fold(known, event)
    if after is known:
        return known
    assert isinstance(after, JobRecord)
    kept = _kept(known, event)
    return after.model_copy(update=kept) if kept else after


def _kept(known: JobRecord, event: Event) -> dict[str, object]:
    """What a record remembers beyond a snapshot. Queued again by hand, a job has all its tries and its time again."""
    match event:
        case JobQueued():
            return {"failures": {}, "begun_at": None, "outcome": None}
        case JobStarted():
            return {"begun_at": known.begun_at or event.time, "outcome": None}
        case StageCompleted(data=result):
            return {"facts": {**known.facts, result.stage.name: result.facts}}
        case StageFailed(data=failure):
            name = failure.stage.name
            return {"failures": {**known.failures, name: known.failures.get(name, 0) + 1}}
        case JobRetrying() | JobCompleted() | JobFailed() | JobCancelled():
            return {"outcome": event}
        case _:
            return {}


def decode_record(body: bytes) -> JobRecord:
    """Read a job's record.

    Raises:
        UnreadableMessageError: the bytes are no record of version 1.
    """
    return decode(JobRecord.model_validate_json, body, what="job record")


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


async def write_record(store: ObjectStore, record: JobRecord) -> None:
    """Keep a record in place of the one before, whole or not at all.

    Raises:
        obstore.exceptions.BaseError, OSError: the store cannot be written.
    """
    await obstore.put_async(store, record_key(record.job.id), encode(record))


async def _read(store: ObjectStore, key: str) -> bytes | None:
    try:
        answer = await obstore.get_async(store, key)
        return bytes(await answer.bytes_async())
    except FileNotFoundError:
        return None
