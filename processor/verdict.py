"""What becomes of a job after an attempt. Pure: it decides, others act."""

from dataclasses import dataclass
from datetime import timedelta

from processor.errors import PermanentFailure, ProcessorFaultError

# Exponential, in a ladder: each rung is a queue in the broker, so there are few (docs/adr/0010).
DELAYS = tuple(timedelta(seconds=seconds) for seconds in (5, 30, 120, 600))
# Jitter: jobs that failed together come back apart. Each slice of a rung is a queue of its own.
SLICES = (0.6, 0.8, 1.0, 1.2)
FAULT_RETRIES = 3  # no stage's fault, so also where the stage has no retries


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


@dataclass(frozen=True)
class Chances:
    """What the stage that failed had, and has."""

    failures: int  # this one included
    retries: int
    time_left: timedelta | None = None  # of the whole job


def judge(error: Exception | None, chances: Chances, *, luck: float) -> Verdict:
    """What becomes of a job; `luck`, from 0 to below 1, picks the pause before another attempt."""
    if error is None:
        return Ack()
    if isinstance(error, PermanentFailure):
        return DeadLetter(reason=str(error))
    failures = chances.failures
    retries = max(chances.retries, FAULT_RETRIES) if isinstance(error, ProcessorFaultError) else chances.retries
    if failures > retries:
        return DeadLetter(reason=f"gave up after {failures} tries: {error}" if failures > 1 else str(error))
    after = delay(failures, luck=luck)
    if chances.time_left is not None and after >= chances.time_left:
        return DeadLetter(reason=f"no time is left to try again: {error}")
    return Retry(after=after, reason=str(error))


def delay(failures: int, *, luck: float) -> timedelta:
    """How long to wait after the nth failure: 5 s, 30 s, 2 min, then 10 min, each 40 % less to 20 % more."""
    rung = DELAYS[min(failures, len(DELAYS)) - 1]
    return rung * SLICES[int(luck * len(SLICES))]


def rung_for(wait: timedelta) -> timedelta:
    """The shortest pause of the ladder that is long enough, or the longest."""
    pauses = sorted(rung * share for rung in DELAYS for share in SLICES)
    return next((pause for pause in pauses if pause >= wait), pauses[-1])
