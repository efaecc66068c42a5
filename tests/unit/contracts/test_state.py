from itertools import product

import pytest

from contracts.documents import event_types
from contracts.errors import IllegalTransitionError
from contracts.state import TERMINAL_STATES, TRANSITIONS, JobState, advance

LEGAL = {
    ("queued", "job.started", "running"),
    ("queued", "job.cancelled", "cancelled"),
    ("running", "job.started", "running"),
    ("running", "stage.started", "running"),
    ("running", "stage.progressed", "running"),
    ("running", "stage.completed", "running"),
    ("running", "stage.failed", "running"),
    ("running", "job.retrying", "retrying"),
    ("running", "job.completed", "completed"),
    ("running", "job.failed", "failed"),
    ("running", "job.cancelled", "cancelled"),
    ("retrying", "job.started", "running"),
    ("retrying", "job.cancelled", "cancelled"),
    ("failed", "job.queued", "queued"),
    ("cancelled", "job.queued", "queued"),
}


@pytest.mark.parametrize(("before", "event", "after"), sorted(LEGAL))
def test_a_legal_step(before: str, event: str, after: str) -> None:
    assert advance(JobState(before), event) == after


def test_every_other_step_is_refused() -> None:
    legal = {(before, event) for before, event, _ in LEGAL}
    for before, event in product(JobState, event_types()):
        if (before.value, event) not in legal:
            with pytest.raises(IllegalTransitionError):
                advance(before, event)


def test_a_job_begins_queued() -> None:
    assert advance(None, "job.queued") is JobState.QUEUED
    with pytest.raises(IllegalTransitionError):
        advance(None, "job.started")


def test_a_terminal_state_is_left_by_hand_alone() -> None:
    ways_out = {(before, event) for before, event in TRANSITIONS if before in TERMINAL_STATES}
    assert ways_out == {(JobState.FAILED, "job.queued"), (JobState.CANCELLED, "job.queued")}
    assert {state for state in JobState if state.is_terminal} == TERMINAL_STATES
