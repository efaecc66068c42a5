"""Every way in which a job's message can come, and what is done with it."""

from datetime import UTC, datetime
from typing import Any

import pytest

from contracts.claims import Claim
from contracts.events import (
    Event,
    JobCancelled,
    JobCompleted,
    JobFact,
    JobFailed,
    JobFailureFact,
    JobResultFact,
    JobRetrying,
    RetryFact,
)
from contracts.record import JobRecord
from contracts.snapshot import StageSnapshot, StageState
from contracts.state import JobState
from processor.plan import MAX_DEATHS, MAX_RETURNS, Case, Drop, GiveUp, Renew, Run, TellAgain, plan
from tests.attempts import fresh_record
from tests.samples import a_job

NOW = datetime.now(UTC)


def claims(*numbers: int, request: int = 1, released: bool = False) -> tuple[Claim, ...]:
    """Newest first."""
    return tuple(
        Claim(attempt=number, request=request, holder="/processors/x", token="", is_released=released)
        for number in numbers
    )


def record(state: str, attempt: int, **more: Any) -> JobRecord:
    known = fresh_record(a_job()).model_copy(update={"state": JobState(state), "attempt": attempt, "sequence": 5})
    return known.model_copy(update={"outcome": outcome(state, attempt), **more})


def outcome(state: str, attempt: int) -> Event | None:
    envelope = {"id": f"{state} {attempt}", "source": "/processors/x", "subject": a_job().id, "time": NOW}
    about = {"job": a_job(), "attempt": attempt, "sequence": 5}
    match state:
        case "retrying":
            return JobRetrying(**envelope, data=RetryFact(**about, reason="oops", retry_at=NOW))
        case "completed":
            return JobCompleted(**envelope, data=JobResultFact(**about, seconds=1))
        case "failed":
            return JobFailed(**envelope, data=JobFailureFact(**about, reason="oops"))
        case "cancelled":
            return JobCancelled(**envelope, data=JobFact(**about))
    return None


def told_again(state: str, attempt: int) -> TellAgain:
    event = outcome(state, attempt)
    assert isinstance(event, JobRetrying | JobCompleted | JobFailed | JobCancelled)
    return TellAgain(event)


FIRST, AGAIN = Case(1), Case(1, is_redelivered=True)


@pytest.mark.parametrize(
    ("what", "case", "planned"),
    [
        ("a new job", FIRST, Run(1)),
        ("a new job whose message somebody had and never began", AGAIN, Run(1)),
        ("a retry that is due", Case(2, record=record("retrying", 1), claims=claims(1)), Run(2)),
        ("queued again by hand", Case(4, record=record("queued", 4), claims=claims(3, request=3)), Run(4)),
        ("a dead letter played again", Case(4, record=record("failed", 3), claims=claims(3, request=3)), Run(4)),
    ],
)
def test_what_nobody_has_begun_is_run(what: str, case: Case, planned: Run) -> None:
    assert plan(case) == planned, what


@pytest.mark.parametrize(
    ("what", "case", "planned"),
    [
        ("its processor died before it recorded anything", Case(1, True, claims=claims(1)), Run(2)),
        ("its processor died", Case(1, True, 1, record("running", 1), claims(1)), Run(2)),
        ("the second died too", Case(1, True, 2, record("running", 2), claims(2, 1)), Run(3)),
        ("the second died before it recorded", Case(1, True, 2, record("running", 1), claims(2, 1)), Run(3)),
        ("a retry's processor died", Case(2, True, 1, record("running", 2), claims(2, request=2)), Run(3)),
        ("a retry's processor died first thing", Case(2, True, 1, record("retrying", 1), claims(2, request=2)), Run(3)),
        ("handed back", Case(1, True, 1, record("retrying", 1), claims(1, released=True)), Run(2)),
        (
            "handed back, unseen by the broker",
            Case(1, False, 0, record("retrying", 1), claims(1, released=True)),
            Run(2),
        ),
        ("handed back, then its processor died", Case(1, True, 2, record("retrying", 1), claims(2, 1)), Run(3)),
    ],
)
def test_what_was_broken_off_goes_on_as_the_next_attempt(what: str, case: Case, planned: Run) -> None:
    assert plan(case) == planned, what


@pytest.mark.parametrize(
    ("what", "case"),
    [
        ("the same message twice", Case(1, record=record("running", 1), claims=claims(1))),
        ("the same message twice, before the first recorded", Case(1, claims=claims(1))),
        (
            "twice, and the first one's processor died",
            Case(1, record=record("running", 2), claims=claims(2, 1)),
        ),
        ("twice, and the other has ended", Case(1, record=record("failed", 1), claims=claims(1))),
        ("twice, and the other is complete", Case(1, record=record("completed", 1), claims=claims(1))),
        ("a retry sent twice", Case(2, record=record("running", 2), claims=claims(2, request=2))),
        ("late, after its retry began", Case(1, True, 1, record("running", 2), claims(2, request=2))),
        ("a retry sent by who was overtaken", Case(2, record=record("running", 2), claims=claims(2, request=1))),
        ("late, after the job was queued again", Case(1, record=record("queued", 2))),
        ("late, when the job that was queued again runs", Case(1, record=record("running", 2))),
    ],
)
def test_what_somebody_else_has_is_dropped(what: str, case: Case) -> None:
    assert isinstance(plan(case), Drop), what


@pytest.mark.parametrize("state", ["retrying", "completed", "failed", "cancelled"])
def test_an_outcome_that_may_not_have_been_told_is_told_again(state: str) -> None:
    case = Case(2, True, 1, record(state, 2), claims(2, request=2))
    assert plan(case) == told_again(state, 2)


def test_a_failure_stands_though_its_processor_released_the_job() -> None:
    case = Case(1, True, 1, record("failed", 1), claims(1, released=True))
    assert plan(case) == told_again("failed", 1)


@pytest.mark.parametrize("case_of", [FIRST, AGAIN, Case(2), Case(2, True)])
def test_a_job_that_was_cancelled_while_it_waited_is_not_run(case_of: Case) -> None:
    case = Case(case_of.attempt, case_of.is_redelivered, record=record("cancelled", 1))
    assert plan(case) == told_again("cancelled", 1)


def test_a_job_that_kills_its_processors_is_given_up() -> None:
    numbers = tuple(range(MAX_DEATHS, 0, -1))
    case = Case(1, True, MAX_DEATHS, record("running", MAX_DEATHS), claims(*numbers))
    planned = plan(case)
    assert isinstance(planned, GiveUp)
    assert planned.attempt == MAX_DEATHS + 1
    assert "10 processors" in planned.reason


def test_deaths_before_a_stage_was_completed_do_not_count() -> None:
    done = StageSnapshot(name="checksum", state=StageState.COMPLETED, attempt=5)
    numbers = tuple(range(MAX_DEATHS, 0, -1))
    case = Case(1, True, 3, record("running", MAX_DEATHS, stages=(done,)), claims(*numbers))
    assert plan(case) == Run(MAX_DEATHS + 1)


def test_a_job_that_is_handed_back_often_is_sent_anew_before_the_broker_gives_it_up() -> None:
    numbers = tuple(range(12, 0, -1))
    case = Case(1, True, MAX_RETURNS, record("retrying", 12), claims(*numbers, released=True))
    assert plan(case) == Renew(13)


def test_what_cannot_be_begun_for_long_is_sent_anew_too() -> None:
    assert plan(Case(1, True, MAX_RETURNS)) == Renew(1)
