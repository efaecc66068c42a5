from datetime import UTC, datetime
from typing import Any

import pytest

from cli.dead_letter import read_letter
from cli.replay import Again, Refuse, judge
from contracts.events import encode
from contracts.job import Job, JobRequest
from contracts.record import JobRecord
from contracts.state import JobState
from tests.samples import JOB_ID

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
JOB = Job(id=JOB_ID, name="a.txt", size=1, pipeline="count")
FROM_PROCESSOR = {"x-reason": "no"}
FROM_BROKER = {"x-death": [{"queue": "jobs.count", "reason": "delivery_limit"}]}


def record(state: JobState, attempt: int) -> JobRecord:
    return JobRecord(job=JOB, state=state, attempt=attempt, sequence=9, queued_at=NOW, heard_at=NOW)


@pytest.mark.parametrize(
    ("headers", "known", "claimed", "verdict"),
    [
        (FROM_PROCESSOR, record(JobState.FAILED, 2), 2, Again(3)),  # the letter asks for the next attempt already
        (FROM_PROCESSOR, record(JobState.FAILED, 3), 3, Again(4)),
        (FROM_PROCESSOR, record(JobState.FAILED, 5), 5, Again(6)),
        (FROM_PROCESSOR, record(JobState.FAILED, 3), 7, Again(8)),
        (FROM_PROCESSOR, record(JobState.QUEUED, 1), 0, Again(4)),  # by a processor that kept no records
        (FROM_BROKER, record(JobState.QUEUED, 1), 0, Again(3)),  # nobody has begun it
        (FROM_BROKER, record(JobState.QUEUED, 1), 21, Again(22)),
        (FROM_BROKER, record(JobState.RUNNING, 3), 21, Again(22)),
        (FROM_BROKER, record(JobState.RETRYING, 2), 2, Again(3)),
        (FROM_PROCESSOR, record(JobState.QUEUED, 4), 3, Refuse("it is at work again: drop the letter")),
        (FROM_PROCESSOR, record(JobState.RUNNING, 4), 0, Refuse("it is at work again: drop the letter")),
        (FROM_PROCESSOR, record(JobState.RETRYING, 4), 0, Refuse("it is at work again: drop the letter")),
        (FROM_BROKER, record(JobState.COMPLETED, 4), 0, Refuse("it has been completed since: drop the letter")),
        (FROM_PROCESSOR, record(JobState.CANCELLED, 4), 0, Refuse("it has been cancelled since: drop the letter")),
        (FROM_PROCESSOR, None, 0, Refuse("its file is no longer in the store: drop the letter")),
    ],
)
def test_whether_a_job_may_run_again(
    headers: dict[str, Any], known: JobRecord | None, claimed: int, verdict: Again | Refuse
) -> None:
    letter = read_letter(encode(JobRequest(job=JOB, attempt=3, accepted_at=NOW)), headers, None)
    assert judge(letter, known, claimed=claimed) == verdict
