from datetime import UTC, datetime, timedelta
from pathlib import Path

import obstore
import pytest

from contracts.blobs import attempt_key, open_store, record_key, upload_key
from contracts.claims import claimed_attempts, decode_claim
from contracts.control import Cancel, decode_command
from contracts.errors import UnreadableMessageError
from contracts.events import Event, JobFact, JobQueued, encode
from contracts.record import (
    JobRecord,
    decode_record,
    read_record,
    record_event,
    record_of_upload,
    write_record,
)
from contracts.state import JobState
from contracts.upload import Upload
from tests.samples import JOB_ID, a_job, one_of_each

EVENTS = one_of_each()
UPLOAD = Upload(job=a_job(), accepted_at=datetime.now(UTC))


def told(*kinds: str, attempt: int = 1, known: JobRecord | None = None) -> JobRecord:
    """A job after these events."""
    record = known or record_of_upload(UPLOAD)
    for number, kind in enumerate(kinds, start=1):
        record = record_event(record, numbered(EVENTS[kind], attempt, number))
    return record


def numbered(event: Event, attempt: int, sequence: int) -> Event:
    data = event.data.model_copy(update={"attempt": attempt, "sequence": sequence})
    return event.model_copy(update={"data": data})


def test_a_record_keeps_what_stages_found() -> None:
    assert told("job.started", "stage.completed").facts == {"identify": {"rows": 3}}


def test_a_record_counts_the_failures_of_each_stage() -> None:
    record = told("job.started", "stage.failed", "job.retrying")
    assert told("job.started", "stage.failed", attempt=2, known=record).failures == {"identify": 2}


def test_a_record_knows_when_the_first_attempt_began() -> None:
    first = told("job.started", "stage.failed", "job.retrying")
    later = numbered(EVENTS["job.started"], 2, 1)
    second = record_event(first, later.model_copy(update={"time": later.time + timedelta(hours=1)}))
    assert (second.begun_at, second.started_at) == (first.started_at, later.time + timedelta(hours=1))


@pytest.mark.parametrize("kind", ["job.retrying", "job.completed", "job.failed", "job.cancelled"])
def test_a_record_keeps_the_event_that_ended_the_attempt(kind: str) -> None:
    record = told("job.started", kind)
    assert record.outcome == numbered(EVENTS[kind], 1, 2)
    assert decode_record(encode(record)) == record
    assert told("job.started", attempt=2, known=record).outcome is None


def test_a_job_queued_again_has_all_its_tries_and_its_time_again() -> None:
    failed = told("job.started", "stage.completed", "stage.failed", "job.failed")
    queued = JobQueued(source="/gateways/x", subject=JOB_ID, data=JobFact(job=a_job(), attempt=2, sequence=0))
    record = record_event(failed, queued)
    assert (record.state, record.failures, record.begun_at, record.outcome) == (JobState.QUEUED, {}, None, None)
    assert record.facts == failed.facts


def test_what_is_not_newer_changes_nothing() -> None:
    record = told("job.started", "stage.started")
    assert record_event(record, numbered(EVENTS["job.started"], 1, 1)) is record


async def test_the_store_knows_a_job_from_its_upload_until_there_is_a_record(tmp_path: Path) -> None:
    store = open_store(tmp_path.as_uri())
    assert await read_record(store, JOB_ID) is None
    await obstore.put_async(store, upload_key(JOB_ID), encode(UPLOAD))
    assert await read_record(store, JOB_ID) == record_of_upload(UPLOAD)
    record = told("job.started")
    await write_record(store, record)
    assert await read_record(store, JOB_ID) == record
    await obstore.put_async(store, record_key(JOB_ID), b"{}")
    with pytest.raises(UnreadableMessageError, match="no job record"):
        await read_record(store, JOB_ID)


async def test_claims_are_listed_in_order(tmp_path: Path) -> None:
    store = open_store(tmp_path.as_uri())
    assert await claimed_attempts(store, JOB_ID) == []
    for attempt in (10, 2, 1):
        await obstore.put_async(store, attempt_key(JOB_ID, attempt), b"")
    assert await claimed_attempts(store, JOB_ID) == [1, 2, 10]


@pytest.mark.parametrize("decode", [decode_claim, decode_command, decode_record])
@pytest.mark.parametrize("body", [b"", b"{}", b"[]", b"\xff", b'{"version": 2, "type": "cancel"}'])
def test_what_cannot_be_read_says_so(decode: object, body: bytes) -> None:
    assert callable(decode)
    with pytest.raises(UnreadableMessageError, match="no "):
        decode(body)


def test_a_command_comes_back_as_it_was() -> None:
    command = Cancel(job_id=JOB_ID)
    assert decode_command(encode(command)) == command
