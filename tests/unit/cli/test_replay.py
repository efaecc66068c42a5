from datetime import UTC, datetime
from typing import Any

import pytest

from cli.dead_letter import read_letter
from cli.replay import AT_WORK, QueueAgain, Refuse, SendAgain, judge
from contracts.claims import Claim
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


def claim(attempt: int, *, request: int) -> Claim:
    return Claim(attempt=attempt, request=request, holder="/processors/a", token="a")


@pytest.mark.parametrize(
    ("headers", "known", "newest", "verdict"),
    [
        (FROM_PROCESSOR, record(JobState.FAILED, 2), claim(2, request=1), QueueAgain(3)),  # as the letter asks already
        (FROM_PROCESSOR, record(JobState.FAILED, 3), claim(3, request=3), QueueAgain(4)),
        (FROM_PROCESSOR, record(JobState.FAILED, 3), claim(7, request=3), QueueAgain(8)),
        (FROM_BROKER, record(JobState.FAILED, 5), claim(5, request=5), QueueAgain(6)),
        (FROM_PROCESSOR, record(JobState.QUEUED, 1), None, QueueAgain(3)),  # nobody has begun it
        (FROM_BROKER, record(JobState.QUEUED, 1), None, QueueAgain(3)),
        (FROM_BROKER, record(JobState.QUEUED, 1), claim(21, request=3), QueueAgain(22)),
        (FROM_BROKER, record(JobState.QUEUED, 3), claim(6, request=3), QueueAgain(7)),  # by hand, and lost again
        (FROM_PROCESSOR, record(JobState.QUEUED, 3), claim(2, request=1), QueueAgain(3)),  # and perhaps not sent
        (FROM_PROCESSOR, record(JobState.QUEUED, 4), claim(4, request=4), QueueAgain(4)),
        (FROM_BROKER, record(JobState.QUEUED, 22), claim(21, request=3), QueueAgain(22)),
        (FROM_BROKER, record(JobState.RUNNING, 3), claim(21, request=3), SendAgain(22)),
        (FROM_BROKER, record(JobState.RETRYING, 3), claim(3, request=3), SendAgain(4)),
        (FROM_BROKER, record(JobState.RUNNING, 22), claim(22, request=22), Refuse(AT_WORK)),
        (FROM_PROCESSOR, record(JobState.RUNNING, 4), claim(4, request=4), Refuse(AT_WORK)),
        (FROM_PROCESSOR, record(JobState.RETRYING, 4), claim(4, request=4), Refuse(AT_WORK)),
        (FROM_BROKER, record(JobState.COMPLETED, 4), None, Refuse("it has been completed since: drop the letter")),
        (FROM_PROCESSOR, record(JobState.CANCELLED, 4), None, Refuse("it has been cancelled since: drop the letter")),
        (FROM_PROCESSOR, None, None, Refuse("its file is no longer in the store: drop the letter")),
    ],
)
def test_what_becomes_of_a_job(
    headers: dict[str, Any],
    known: JobRecord | None,
    newest: Claim | None,
    verdict: QueueAgain | SendAgain | Refuse,
) -> None:
    letter = read_letter(encode(JobRequest(job=JOB, attempt=3, accepted_at=NOW)), headers, None)
    assert judge(letter, known, newest) == verdict
