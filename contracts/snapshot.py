"""The state of a job now, as its events tell it.

Everybody folds the same way: the processor into the job's record, the notifier into what new clients get, the page
into what it shows. A reader may join in the middle of a job, so any event is enough; what nobody has told yet stays
empty.
"""

from datetime import UTC, datetime
from enum import StrEnum
from typing import overload

from pydantic import AwareDatetime, Field

from contracts.events import (
    Artifact,
    Event,
    JobCancelled,
    JobCompleted,
    JobEvent,
    JobFailed,
    JobQueued,
    JobRetrying,
    JobStarted,
    Stage,
    StageCompleted,
    StageFailed,
    StageProgressed,
    StageStarted,
    UploadProgressed,
)
from contracts.job import Job, Message
from contracts.state import JobState

# What was said of an end, or of a wait for another attempt, and is so no longer.
_UNTOLD: dict[str, object] = {"reason": None, "retry_at": None, "ended_at": None, "seconds": None}


class StageState(StrEnum):
    PENDING = "pending"  # its turn has not come
    RUNNING = "running"
    COMPLETED = "completed"
    FAILED = "failed"  # it raised, crashed or took too long; another attempt may run it again
    CANCELLED = "cancelled"  # it was stopped with its job


class StageSnapshot(Message):
    """One step of a job."""

    name: str = Field(default="", description="Empty when nobody has told it yet.")
    state: StageState = StageState.PENDING
    progress: float = Field(default=0.0, ge=0, le=1)
    message: str = Field(default="", description="What it is doing, or why it failed.")
    attempt: int | None = Field(default=None, description="The attempt that ran it last.")
    started_at: AwareDatetime | None = None
    seconds: float | None = Field(default=None, description="How long it ran, once it has ended.")


class JobSnapshot(Message):
    """A job as of the event `(attempt, sequence)`."""

    job: Job
    state: JobState
    attempt: int = Field(ge=1)
    sequence: int = Field(ge=0)
    overall: float = Field(default=0.0, ge=0, le=1)
    stages: tuple[StageSnapshot, ...] = ()
    artifacts: tuple[Artifact, ...] = ()
    reason: str | None = Field(default=None, description="Why it failed, or is tried again.")
    retry_at: AwareDatetime | None = Field(default=None, description="Not before this instant.")
    queued_at: AwareDatetime = Field(description="When the file was accepted.")
    started_at: AwareDatetime | None = Field(default=None, description="When the last attempt began.")
    heard_at: AwareDatetime = Field(description="The time of the newest event: a running job speaks every 10 s.")
    ended_at: AwareDatetime | None = None
    seconds: float | None = Field(default=None, description="How long the last attempt ran, once it is complete.")

    def is_older_than(self, event: JobEvent) -> bool:
        """Whether the event tells something new."""
        return (self.attempt, self.sequence) < (event.data.attempt, event.data.sequence)


@overload
def fold(known: JobSnapshot, event: Event) -> JobSnapshot: ...
@overload
def fold(known: JobSnapshot | None, event: JobEvent) -> JobSnapshot: ...
@overload
def fold(known: JobSnapshot | None, event: Event) -> JobSnapshot | None: ...
def fold(known: JobSnapshot | None, event: Event) -> JobSnapshot | None:
    """The job after an event; the same object when that is not newer than what is known.

    An upload's progress says nothing of a job: there may never be one.
    """
    if isinstance(event, UploadProgressed) or (known is not None and not known.is_older_than(event)):
        return known
    fact = event.data
    before = known or _first_sight(event)
    heard = {"job": fact.job, "attempt": fact.attempt, "sequence": fact.sequence, "heard_at": event.time}
    return before.model_copy(update={**heard, **_changes(before, event)})


def birth(job_id: str, *, otherwise: datetime) -> datetime:
    """When a job was accepted: a UUID of version 7 begins with it, in milliseconds (RFC 9562, section 5.7)."""
    if job_id[14] != "7":
        return otherwise
    return datetime.fromtimestamp(int(job_id[:8] + job_id[9:13], 16) / 1000, UTC)


def _first_sight(event: JobEvent) -> JobSnapshot:
    is_acceptance = isinstance(event, JobQueued) and event.data.attempt == 1  # later ones are retries by hand
    queued_at = event.time if is_acceptance else birth(event.subject, otherwise=event.time)
    return JobSnapshot(
        job=event.data.job,
        state=JobState.QUEUED,
        attempt=event.data.attempt,
        sequence=event.data.sequence,
        queued_at=queued_at,
        heard_at=event.time,
    )


def _changes(job: JobSnapshot, event: JobEvent) -> dict[str, object]:
    match event:
        case JobQueued():
            return {**_UNTOLD, "state": JobState.QUEUED}
        case JobStarted(data=plan):
            return {**_started(job, plan.stages), "started_at": event.time}
        case StageStarted() | StageProgressed() | StageCompleted() | StageFailed():
            return _stage_changes(job, event)
        case JobRetrying(data=fact):
            stages = _stopped(job.stages, StageState.FAILED)
            return {"state": JobState.RETRYING, "reason": fact.reason, "retry_at": fact.retry_at, "stages": stages}
        case JobCompleted() | JobFailed() | JobCancelled():
            return {**_outcome(job, event), "ended_at": event.time, "retry_at": None}


def _started(job: JobSnapshot, names: tuple[str, ...]) -> dict[str, object]:
    """Stages that an earlier attempt completed are kept; the one that it broke off begins again."""
    known = {stage.name: stage for stage in job.stages if stage.state is StageState.COMPLETED}
    return {
        **_UNTOLD,
        "state": JobState.RUNNING,
        "stages": tuple(known.get(name) or StageSnapshot(name=name) for name in names),
    }


def _stage_changes(
    job: JobSnapshot, event: StageStarted | StageProgressed | StageCompleted | StageFailed
) -> dict[str, object]:
    fact, index = event.data, event.data.stage.index
    stages = list(_laid_out(job.stages, fact.stage))
    stages[index] = stages[index].model_copy(update=_stage_change(event))
    changes = {**_UNTOLD, "state": JobState.RUNNING, "overall": fact.overall, "stages": tuple(stages)}
    if isinstance(event, StageCompleted):
        changes["artifacts"] = _merged(job.artifacts, event.data.artifacts)
    return changes


def _stage_change(event: StageStarted | StageProgressed | StageCompleted | StageFailed) -> dict[str, object]:
    common: dict[str, object] = {"name": event.data.stage.name, "attempt": event.data.attempt}
    match event:
        case StageStarted():
            fresh = {"progress": 0.0, "message": "", "started_at": event.time, "seconds": None}
            return {**common, "state": StageState.RUNNING, **fresh}
        case StageProgressed(data=fact):
            return {**common, "state": StageState.RUNNING, "progress": fact.progress, "message": fact.message}
        case StageCompleted(data=result):
            return {**common, "state": StageState.COMPLETED, "progress": 1.0, "seconds": result.seconds}
        case StageFailed(data=failure):
            return {**common, "state": StageState.FAILED, "message": failure.reason, "seconds": failure.seconds}


def _laid_out(stages: tuple[StageSnapshot, ...], at: Stage) -> tuple[StageSnapshot, ...]:
    """Stages run in order: those before `at` are done, those after it still wait."""
    known = dict(enumerate(stages))
    return tuple(
        _completed(known.get(index) or StageSnapshot())
        if index < at.index
        else known.get(index) or StageSnapshot()
        if index == at.index
        else StageSnapshot(name=known[index].name if index in known else "")
        for index in range(at.count)
    )


def _outcome(job: JobSnapshot, event: JobCompleted | JobFailed | JobCancelled) -> dict[str, object]:
    match event:
        case JobCompleted(data=result):
            return {
                "state": JobState.COMPLETED,
                "overall": 1.0,
                "stages": tuple(_completed(stage) for stage in job.stages),
                "artifacts": _merged(job.artifacts, result.artifacts),
                "seconds": result.seconds,
                "reason": None,
            }
        case JobFailed(data=failure):
            stages = _stopped(job.stages, StageState.FAILED)
            return {"state": JobState.FAILED, "reason": failure.reason, "stages": stages}
        case JobCancelled():
            stages = _stopped(job.stages, StageState.CANCELLED)
            return {"state": JobState.CANCELLED, "reason": None, "stages": stages}


def _stopped(stages: tuple[StageSnapshot, ...], state: StageState) -> tuple[StageSnapshot, ...]:
    """Whatever ran did not get to its end."""
    return tuple(
        stage.model_copy(update={"state": state}) if stage.state is StageState.RUNNING else stage for stage in stages
    )


def _completed(stage: StageSnapshot) -> StageSnapshot:
    if stage.state is StageState.COMPLETED:
        return stage
    return stage.model_copy(update={"state": StageState.COMPLETED, "progress": 1.0})


def _merged(known: tuple[Artifact, ...], more: tuple[Artifact, ...]) -> tuple[Artifact, ...]:
    return tuple({artifact.name: artifact for artifact in (*known, *more)}.values())
