import pytest

from cli.exit_codes import ExitCode, outcome
from contracts.snapshot import JobSnapshot
from tests.samples import a_story, job_after, one_of_each


def ended(how: str) -> JobSnapshot:
    return job_after(one_of_each()[how])


@pytest.mark.parametrize(
    ("ends", "code"),
    [
        (["job.completed"], ExitCode.DONE),
        (["job.completed", "job.cancelled"], ExitCode.JOB_CANCELLED),
        (["job.cancelled", "job.failed", "job.completed"], ExitCode.JOB_FAILED),
    ],
)
def test_the_worst_end_counts(ends: list[str], code: ExitCode) -> None:
    assert outcome(map(ended, ends)) is code


def test_a_job_without_an_end_was_lost_sight_of() -> None:
    assert outcome([job_after(a_story()[0])]) is ExitCode.LOST_SIGHT
