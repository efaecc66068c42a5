from datetime import timedelta

import pytest

from processor.errors import PermanentFailure, StageRaisedError
from processor.verdict import DELAYS, Ack, DeadLetter, Retry, Verdict, judge

OOPS = StageRaisedError("oops")


@pytest.mark.parametrize(
    ("error", "attempt", "retries", "verdict"),
    [
        (None, 1, 0, Ack()),
        (None, 9, 0, Ack()),
        (OOPS, 1, 0, DeadLetter("oops")),
        (OOPS, 1, 1, Retry(timedelta(seconds=5), "oops")),
        (OOPS, 2, 1, DeadLetter("gave up after 2 attempts: oops")),
        (OOPS, 2, 5, Retry(timedelta(seconds=30), "oops")),
        (OOPS, 50, 99, Retry(DELAYS[-1], "oops")),
        (PermanentFailure("no use"), 1, 5, DeadLetter("no use")),
    ],
)
def test_what_becomes_of_a_delivery(error: Exception | None, attempt: int, retries: int, verdict: Verdict) -> None:
    assert judge(error, attempt=attempt, retries=retries) == verdict
