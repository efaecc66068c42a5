"""The events of one attempt, in order: numbered, and none that the state machine forbids."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from contracts.events import (
    Artifact,
    Event,
    JobCancelled,
    JobCompleted,
    JobFact,
    JobFailed,
    JobFailureFact,
    JobQueued,
    JobResultFact,
    JobRetrying,
    JobStarted,
    PlanFact,
    ProgressFact,
    RetryFact,
    StageCompleted,
    StageFact,
    StageFailed,
    StageFailureFact,
    StageProgressed,
    StageResultFact,
    StageStarted,
)
from contracts.events import Stage as StageRef
from contracts.record import JobRecord, record_event
from contracts.state import advance
from processor.pipeline import Pipeline
from processor.stage import Progress

MAX_REASON_LENGTH = 2_000


@dataclass
class Story:
    """What is known of a job, and what its attempt may tell next.

    The methods named after events write the next one; it counts once it is noted.
    """

    pipeline: Pipeline
    attempt: int
    source: str
    record: JobRecord

    def after(self, event: Event) -> JobRecord:
        """The record as it is once an event is told.

        Raises:
            IllegalTransitionError: it cannot be told now.
        """
        advance(self.record.state, event.type)
        return record_event(self.record, event)

    def note(self, event: Event) -> None:
        """The event is being told; raises as `after`."""
        self.record = self.after(event)

    def queued(self) -> Event:
        """A job that had ended is to be tried once more."""
        return JobQueued(**self._envelope(), data=JobFact(job=self.record.job, attempt=self.attempt, sequence=0))

    def started(self) -> Event:
        stages = tuple(stage.name for stage in self.pipeline.stages)
        return JobStarted(**self._envelope(), data=PlanFact(**self._fact(), stages=stages))

    def stage_started(self, index: int) -> Event:
        return StageStarted(**self._envelope(), data=StageFact(**self._stage_fact(index, 0)))

    def stage_progressed(self, index: int, progress: Progress) -> Event:
        """Told again with the same numbers, it is the stage's heartbeat."""
        fact = self._stage_fact(index, progress.fraction)
        data = ProgressFact(**fact, progress=progress.fraction, message=progress.message)
        return StageProgressed(**self._envelope(), data=data)

    def stage_completed(
        self, index: int, *, seconds: float, artifacts: Mapping[str, Artifact], facts: Mapping[str, Any]
    ) -> Event:
        data = StageResultFact(
            **self._stage_fact(index, 1), seconds=seconds, artifacts=tuple(artifacts.values()), facts=dict(facts)
        )
        return StageCompleted(**self._envelope(), data=data)

    def stage_failed(self, index: int, *, seconds: float, progress: float, reason: str) -> Event:
        fact = self._stage_fact(index, progress)
        data = StageFailureFact(**fact, seconds=seconds, reason=reason[:MAX_REASON_LENGTH])
        return StageFailed(**self._envelope(), data=data)

    def retrying(self, *, reason: str, retry_at: datetime) -> Event:
        data = RetryFact(**self._fact(), reason=reason[:MAX_REASON_LENGTH], retry_at=retry_at)
        return JobRetrying(**self._envelope(), data=data)

    def completed(self, *, seconds: float) -> Event:
        data = JobResultFact(**self._fact(), seconds=seconds, artifacts=self.record.artifacts)
        return JobCompleted(**self._envelope(), data=data)

    def failed(self, *, reason: str) -> Event:
        data = JobFailureFact(**self._fact(), reason=reason[:MAX_REASON_LENGTH])
        return JobFailed(**self._envelope(), data=data)

    def cancelled(self) -> Event:
        return JobCancelled(**self._envelope(), data=JobFact(**self._fact()))

    def _envelope(self) -> dict[str, Any]:
        return {"source": self.source, "subject": self.record.job.id}

    def _fact(self) -> dict[str, Any]:
        last = self.record.sequence if self.record.attempt == self.attempt else 0
        return {"job": self.record.job, "attempt": self.attempt, "sequence": last + 1}

    def _stage_fact(self, index: int, progress: float) -> dict[str, Any]:
        stages = self.pipeline.stages
        stage = StageRef(name=stages[index].name, index=index, count=len(stages))
        return {**self._fact(), "stage": stage, "overall": self.pipeline.overall(index, progress)}
