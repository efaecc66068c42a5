from datetime import timedelta

import pytest

from contracts.state import JobState
from gateway.commands import PATIENCE, Cancelling, who_cancels

AT_ONCE, SOON = timedelta(0), PATIENCE - timedelta(seconds=1)


@pytest.mark.parametrize(
    ("state", "asked_for", "who"),
    [
        (JobState.QUEUED, AT_ONCE, Cancelling.GATEWAY),
        (JobState.RETRYING, AT_ONCE, Cancelling.GATEWAY),
        (JobState.RUNNING, AT_ONCE, Cancelling.PROCESSOR),
        (JobState.RUNNING, SOON, Cancelling.PROCESSOR),
        (JobState.RUNNING, PATIENCE, Cancelling.SUCCESSOR),
        (JobState.CANCELLED, PATIENCE, Cancelling.ALREADY),
        (JobState.COMPLETED, PATIENCE, Cancelling.NOBODY),
        (JobState.FAILED, AT_ONCE, Cancelling.NOBODY),
    ],
)
def test_who_ends_a_job(state: JobState, asked_for: timedelta, who: Cancelling) -> None:
    assert who_cancels(state, asked_for=asked_for) is who
