"""What becomes of a delivery. Pure: it decides, others act."""

from dataclasses import dataclass
from datetime import timedelta

from processor.errors import PermanentFailure

# A ladder, not a formula: each rung is a queue in the broker, so there are few.
DELAYS = tuple(timedelta(seconds=seconds) for seconds in (5, 30, 120, 600))


@dataclass(frozen=True)
class Ack:
    """The job is done."""


@dataclass(frozen=True)
class Retry:
    """Another attempt, not before `after` has passed."""

    after: timedelta
    reason: str


@dataclass(frozen=True)
class DeadLetter:
    """The job has failed for good."""

    reason: str


Verdict = Ack | Retry | DeadLetter


def judge(error: Exception | None, *, attempt: int, retries: int) -> Verdict:
    """What becomes of a job after its `attempt` (from 1), in a stage that may be tried `retries` times more."""
    match error:
        case None:
            return Ack()
        case PermanentFailure():
            return DeadLetter(reason=str(error))
        case _ if attempt <= retries:
            return Retry(after=DELAYS[min(attempt, len(DELAYS)) - 1], reason=str(error))
        case _ if attempt > 1:
            return DeadLetter(reason=f"gave up after {attempt} attempts: {error}")
        case _:
            return DeadLetter(reason=str(error))
