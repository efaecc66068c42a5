"""What is to be done with a job that was delivered. Pure: it decides, others act.

The same message may come twice, to two processors at once, or late, long after another has taken the job over. Each
attempt is claimed in the store by the one that begins it; the claims say who came first, and the record how it ended.
"""

from dataclasses import dataclass

from contracts.claims import Claim
from contracts.record import JobRecord, Outcome
from contracts.state import JobState

# Processors that took the job since it last got further, and never told an outcome.
MAX_DEATHS = 10
# The broker counts deliveries too, and at its limit of 20 would end the job without a word.
MAX_RETURNS = 10


@dataclass(frozen=True)
class Case:
    """A message in hand, and what the store knows of its job."""

    attempt: int  # which the message asks for
    is_redelivered: bool = False
    returns: int = 0  # how often the broker has got it back
    record: JobRecord | None = None
    claims: tuple[Claim, ...] = ()  # the newest, and those before it of the same message; newest first


@dataclass(frozen=True)
class Run:
    """Begin an attempt, if nobody else does."""

    attempt: int


@dataclass(frozen=True)
class GiveUp:
    """The job kills its processors: begin an attempt, and end it as failed."""

    attempt: int
    reason: str


@dataclass(frozen=True)
class TellAgain:
    """The outcome is in the record; who recorded it may not have told it."""

    outcome: Outcome


@dataclass(frozen=True)
class Renew:
    """Send the job anew, asking for an attempt, before the broker has counted to its limit."""

    attempt: int


@dataclass(frozen=True)
class Drop:
    """There is nothing to do."""

    reason: str


Plan = Run | GiveUp | TellAgain | Renew | Drop


def plan(case: Case) -> Plan:
    """What to do with a delivered job."""
    record, newest = case.record, case.claims[0] if case.claims else None
    if record is not None and record.state in {JobState.COMPLETED, JobState.CANCELLED}:
        return _over(case, record)
    if newest is not None and newest.attempt >= case.attempt:
        return _taken(case, newest)
    if record is not None and record.attempt > case.attempt:
        return Drop("the job was queued again since")
    return _go_on(case, case.attempt)


def _taken(case: Case, newest: Claim) -> Plan:
    """Somebody has begun what the message asks for, or more."""
    if newest.request != case.attempt:
        return Drop("a later message of this job was taken since")
    if not (case.is_redelivered or newest.is_released):
        return Drop("another processor has this job from the same message")
    record = case.record
    if record is not None and record.outcome is not None and record.attempt >= newest.attempt:
        is_handed_back = newest.is_released and record.state is JobState.RETRYING
        if not is_handed_back:
            return TellAgain(record.outcome)
    return _go_on(case, newest.attempt + 1)


def _over(case: Case, record: JobRecord) -> Plan:
    """A job that was cancelled while it waited has this message alone to tell of it; a completed one had another."""
    if record.outcome is None or not (case.is_redelivered or record.state is JobState.CANCELLED):
        return Drop(f"the job is {record.state}")
    return TellAgain(record.outcome)


def _go_on(case: Case, attempt: int) -> Plan:
    count = deaths(case)
    if count >= MAX_DEATHS:
        reason = f"given up: {count} processors took the job at this stage, and none of them lived to tell its outcome"
        return GiveUp(attempt, reason)
    if case.returns >= MAX_RETURNS:
        return Renew(attempt)
    return Run(attempt)


def deaths(case: Case) -> int:
    """Attempts that this message began and nobody ended, since the job last completed a stage."""
    stages = case.record.stages if case.record is not None else ()
    progress = max((stage.attempt or 0 for stage in stages if stage.state == "completed"), default=0)
    return sum(
        claim.request == case.attempt and claim.attempt > progress and not claim.is_released for claim in case.claims
    )
