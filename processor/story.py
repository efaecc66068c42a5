"""The events of one attempt, in order: it numbers them and lets none be told that the state machine forbids."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from contracts.events import (
    Artifact,
    Event,
    JobCompleted,
    JobFact,
    JobFailed,
    JobFailureFact,
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
from contracts.job import Job
from contracts.state import JobState, advance
from processor.pipeline import Pipeline
from processor.stage import Progress

MAX_REASON_LENGTH = 2_000


@dataclass
class Story:
    """What is told about one attempt at a job."""

    job: Job
    attempt: int
    pipeline: Pipeline
    source: str
    state: JobState = JobState.QUEUED
    _sequence: int = 0
    _artifacts: dict[str, Artifact] = field(default_factory=dict)

    def started(self) -> Event:
        stages = tuple(stage.name for stage in self.pipeline.stages)
        return self._tell(JobStarted(**self._envelope(), data=PlanFact(**self._fact(), stages=stages)))

    def stage_started(self, index: int) -> Event:
        return self._tell(StageStarted(**self._envelope(), data=StageFact(**self._stage_fact(index, 0))))

    def stage_progressed(self, index: int, progress: Progress) -> Event:
        """Told again with the same numbers, it is the stage's heartbeat."""
        fact = self._stage_fact(index, progress.fraction)
        data = ProgressFact(**fact, progress=progress.fraction, message=progress.message)
        return self._tell(StageProgressed(**self._envelope(), data=data))

    def stage_completed(
        self, index: int, *, seconds: float, artifacts: Mapping[str, Artifact], facts: Mapping[str, Any]
    ) -> Event:
        self._artifacts.update(artifacts)
        data = StageResultFact(
            **self._stage_fact(index, 1), seconds=seconds, artifacts=tuple(artifacts.values()), facts=dict(facts)
        )
        return self._tell(StageCompleted(**self._envelope(), data=data))

    def stage_failed(self, index: int, *, seconds: float, progress: float, reason: str) -> Event:
        fact = self._stage_fact(index, progress)
        data = StageFailureFact(**fact, seconds=seconds, reason=reason[:MAX_REASON_LENGTH])
        return self._tell(StageFailed(**self._envelope(), data=data))

    def retrying(self, *, reason: str, retry_at: datetime) -> Event:
        data = RetryFact(**self._fact(), reason=reason[:MAX_REASON_LENGTH], retry_at=retry_at)
        return self._tell(JobRetrying(**self._envelope(), data=data))

    def completed(self, *, seconds: float) -> Event:
        data = JobResultFact(**self._fact(), seconds=seconds, artifacts=tuple(self._artifacts.values()))
        return self._tell(JobCompleted(**self._envelope(), data=data))

    def failed(self, *, reason: str) -> Event:
        data = JobFailureFact(**self._fact(), reason=reason[:MAX_REASON_LENGTH])
        return self._tell(JobFailed(**self._envelope(), data=data))

    def _tell(self, event: Event) -> Event:
        self.state = advance(self.state, event.type)
        return event

    def _envelope(self) -> dict[str, Any]:
        return {"source": self.source, "subject": self.job.id}

    def _fact(self) -> dict[str, Any]:
        self._sequence += 1
        return JobFact(job=self.job, attempt=self.attempt, sequence=self._sequence).__dict__

    def _stage_fact(self, index: int, progress: float) -> dict[str, Any]:
        stages = self.pipeline.stages
        stage = StageRef(name=stages[index].name, index=index, count=len(stages))
        return {**self._fact(), "stage": stage, "overall": self.pipeline.overall(index, progress)}
