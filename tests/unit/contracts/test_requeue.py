from datetime import UTC, datetime

import pytest

from contracts.record import JobRecord
from contracts.requeue import queue_again
from contracts.state import JobState
from tests.samples import a_job

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)


def a_record(state: JobState, attempt: int) -> JobRecord:
    sequence = 0 if state is JobState.QUEUED else 9
    return JobRecord(job=a_job(), state=state, attempt=attempt, sequence=sequence, queued_at=NOW, heard_at=NOW)


@pytest.mark.parametrize("state", [JobState.FAILED, JobState.CANCELLED])
def test_record_request_and_event_say_the_same(state: JobState) -> None:
    queued = queue_again(a_record(state, 2), 3, source="/cli")
    assert (queued.record.state, queued.record.attempt, queued.record.sequence) == (JobState.QUEUED, 3, 0)
    assert (queued.request.attempt, queued.request.accepted_at) == (3, NOW)
    assert (queued.event.data.attempt, queued.event.data.sequence) == (3, 0)
    assert queued.record.heard_at == queued.event.time


def test_repeated_it_changes_nothing_and_tells_the_same_event() -> None:
    first = queue_again(a_record(JobState.FAILED, 2), 3, source="/cli")
    again = queue_again(first.record, 3, source="/cli")
    assert again == first
    assert again.record is first.record


def test_a_job_that_nobody_began_is_as_it_was() -> None:
    accepted = a_record(JobState.QUEUED, 1)
    assert queue_again(accepted, 1, source="/cli").record is accepted
