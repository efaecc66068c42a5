"""A test kit for pipelines: one call runs a whole job, as a processor would, without a broker."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import obstore
from uuid_utils import uuid7

from contracts.blobs import artifact_key, open_store, source_key
from contracts.events import Event, StageCompleted, encode
from contracts.job import Job, JobRequest
from contracts.snapshot import JobSnapshot, fold
from processor.catalogue import Offer, reference_of
from processor.pipeline import Pipeline
from processor.stops import Stops
from processor.turn import Means
from processor.worker import Worker
from processor.workshop import Workshop


@dataclass(frozen=True)
class PipelineRun:
    """What became of a job, and all that was told about it on the way."""

    job: JobSnapshot  # `.state`, `.reason` if it failed, `.stages`, `.attempt`
    events: tuple[Event, ...]
    facts: Mapping[str, Mapping[str, Any]]  # of completed stages, by name
    artifacts: Mapping[str, Path]  # by name


def run_pipeline(pipeline: Pipeline, file: Path | bytes, folder: Path, *, name: str | None = None) -> PipelineRun:
    """Run a pipeline on a file to the job's end, in real processes; retries come at once.

    `pipeline` is a variable of an importable module, `folder` an empty place for all that the run writes, such as
    pytest's `tmp_path`, and `name` what the file's sender calls it. What the stages log or print goes to structlog.
    In a coroutine call it by `await asyncio.to_thread(run_pipeline, …)`.

    Raises:
        BadPipelineError: the stages' processes could not import it.
    """
    offer = Offer(reference_of(pipeline), pipeline)
    blobs, workdir = folder.absolute() / "blobs", folder / "work"
    store = open_store(blobs.as_uri())
    workdir.mkdir()
    job_id = str(uuid7())
    obstore.put(store, source_key(job_id), file)
    size = file.stat().st_size if isinstance(file, Path) else len(file)
    job = Job(
        id=job_id, name=name or (file.name if isinstance(file, Path) else "file"), size=size, pipeline=pipeline.name
    )
    place = _Place([JobRequest(job=job, accepted_at=datetime.now(UTC))])
    asyncio.run(place.work_off({pipeline.name: offer}, Workshop(store, blobs.as_uri(), workdir)))
    return place.outcome(blobs)


@dataclass
class _Place:
    """Where events, and requests for another attempt, gather instead of in a broker."""

    requests: list[JobRequest]
    events: list[Event] = field(default_factory=list)

    async def work_off(self, catalogue: Mapping[str, Offer], workshop: Workshop) -> None:
        worker = Worker(catalogue, workshop.store, Means(workshop, self, Stops()), "/processors/testing")
        while self.requests:
            await worker.work(_Delivery(encode(self.requests.pop())))

    async def publish(self, *events: Event) -> None:
        self.events.extend(events)

    async def submit(self, request: JobRequest) -> None:
        self.requests.append(request)

    async def retry_later(self, request: JobRequest, after: timedelta) -> None:
        self.requests.append(request)

    async def bury(self, body: bytes, reason: str) -> None:
        """The event `job.failed` has told it."""

    def outcome(self, blobs: Path) -> PipelineRun:
        job: JobSnapshot | None = None
        for event in self.events:
            job = fold(job, event)
        assert job is not None, "a worker tells a job's start before anything else"
        return PipelineRun(
            job=job,
            events=tuple(self.events),
            facts={
                event.data.stage.name: event.data.facts for event in self.events if isinstance(event, StageCompleted)
            },
            artifacts={each.name: blobs / artifact_key(job.job.id, each.name) for each in job.artifacts},
        )


@dataclass(frozen=True)
class _Delivery:
    """A job in hand; there is nobody to give it back to."""

    body: bytes
    returns: int = 0
    is_redelivered: bool = False

    async def ack(self) -> None: ...

    async def give_back(self) -> None: ...
