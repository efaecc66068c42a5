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


def test_nothing_leaves_a_terminal_state() -> None:
    assert not {before for before, _ in TRANSITIONS} & TERMINAL_STATES
    assert {state for state in JobState if state.is_terminal} == TERMINAL_STATES
