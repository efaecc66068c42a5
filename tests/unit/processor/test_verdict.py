from datetime import timedelta

import pytest

from processor.errors import JobTimedOutError, PermanentFailure, ProcessorFaultError, StageRaisedError
from processor.verdict import DELAYS, SLICES, Ack, Chances, DeadLetter, Retry, Verdict, delay, judge, rung_for

OOPS = StageRaisedError("oops")
FAULT = ProcessorFaultError("the disk is full")
MIDDLE = 0.5  # of luck: the rung as it is named


def after(seconds: float, reason: str = "oops") -> Retry:
    return Retry(timedelta(seconds=seconds), reason)


@pytest.mark.parametrize(
    ("error", "chances", "verdict"),
    [
        (None, Chances(failures=0, retries=0), Ack()),
        (None, Chances(failures=9, retries=0), Ack()),
        (OOPS, Chances(failures=1, retries=0), DeadLetter("oops")),
        (OOPS, Chances(failures=1, retries=1), after(5)),
        (OOPS, Chances(failures=2, retries=1), DeadLetter("gave up after 2 tries: oops")),
        (OOPS, Chances(failures=2, retries=5), after(30)),
        (OOPS, Chances(failures=50, retries=99), after(600)),
        (OOPS, Chances(failures=1, retries=1, time_left=timedelta(minutes=1)), after(5)),
        (
            OOPS,
            Chances(failures=1, retries=1, time_left=timedelta(seconds=5)),
            DeadLetter("no time is left to try again: oops"),
        ),
        (PermanentFailure("no use"), Chances(failures=1, retries=5), DeadLetter("no use")),
        (JobTimedOutError("too long"), Chances(failures=0, retries=5), DeadLetter("too long")),
        (FAULT, Chances(failures=1, retries=0), after(5, "the disk is full")),
        (FAULT, Chances(failures=4, retries=0), DeadLetter("gave up after 4 tries: the disk is full")),
        (FAULT, Chances(failures=4, retries=5), after(600, "the disk is full")),
    ],
)
def test_what_becomes_of_a_job(error: Exception | None, chances: Chances, verdict: Verdict) -> None:
    assert judge(error, chances, luck=MIDDLE) == verdict


@pytest.mark.parametrize("failures", [1, 2, 3, 4, 5])
def test_luck_spreads_a_pause_over_its_slices(failures: int) -> None:
    found = {delay(failures, luck=luck / 100) for luck in range(100)}
    rung = DELAYS[min(failures, 4) - 1]
    assert found == {rung * share for share in SLICES}


@pytest.mark.parametrize(
    ("wait", "pause"), [(-5, 3.0), (0, 3.0), (3, 3.0), (3.1, 4.0), (7, 18.0), (600, 600.0), (9999, 720.0)]
)
def test_what_is_left_of_a_pause_is_waited_on_the_next_rung(wait: float, pause: float) -> None:
    assert rung_for(timedelta(seconds=wait)) == timedelta(seconds=pause)
