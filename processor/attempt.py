"""One attempt at a job: its stages one after another, told as they happen."""

import asyncio
import os
import shutil
import time
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import structlog

from contracts.events import Artifact
from contracts.traces import span
from processor.catalogue import Offer
from processor.child import Finished, Raised, StageWork
from processor.chronicle import COMMIT_SECONDS, Chronicle
from processor.errors import PermanentFailure, StageRaisedError, StageTimedOutError, SupersededError
from processor.running_stage import Run, RunningStage, running_stages
from processor.stage import Found, Progress, Saved, Source
from processor.stage_process import Message
from processor.tracer import TRACER
from processor.workshop import Download, Workshop

FETCH_WORD_SECONDS = 1.0  # between words on a file that comes from a bucket

log: structlog.stdlib.BoundLogger = structlog.get_logger()


@dataclass
class StageRun:
    """A stage that is running, as heard so far."""

    index: int
    began: float = field(default_factory=time.monotonic)
    progress: Progress = field(default_factory=lambda: Progress(0.0, ""))
    artifacts: dict[str, Artifact] = field(default_factory=dict)
    facts: dict[str, Any] = field(default_factory=dict)

    @property
    def seconds(self) -> float:
        return round(time.monotonic() - self.began, 3)


class Attempt:
    """Runs those of a pipeline's stages that no earlier attempt completed, and tells what happens, stage by stage."""

    def __init__(
        self,
        offer: Offer,
        chronicle: Chronicle,
        workshop: Workshop,
    ) -> None:
        self._offer = offer
        self._chronicle = chronicle
        self._story = chronicle.story
        self._workshop = workshop
        record = chronicle.story.record
        self._facts: dict[str, dict[str, Any]] = dict(record.facts)
        self.stage = _first_to_run(offer, record.completed_stages)  # the one that is running, or failed
        self._download: Download | None = None
        self.has_told_failure = False
        self._workdir: Path | None = None  # the last stage's, if it left it empty: the next may have it
        self.began = time.monotonic()

    @property
    def seconds(self) -> float:
        return round(time.monotonic() - self.began, 3)

    async def run(self) -> None:
        """Run to the end of the last stage.

        Raises:
            PermanentFailure, StageRaisedError, StageCrashedError, StageTimedOutError: a stage failed; told already.
            SupersededError: a later attempt has begun.
        """
        stages = self._offer.pipeline.stages
        if self.stage == len(stages):
            return
        job, patience = self._story.record.job, self._chronicle.folder.patience
        async with (
            self._workshop.open(job, patience) as opened,
            running_stages(self._workshop.pool) as run,
        ):
            self._download = opened.download
            for index in range(self.stage, len(stages)):
                self.stage = index
                with span(TRACER, f"stage {stages[index].name}"):
                    await self._run_stage(opened.source, opened.folder, run)

    async def _run_stage(self, source: Source, folder: Path, run_stage: Run) -> None:
        run = StageRun(self.stage)
        plan = self._offer.pipeline.stages[run.index]
        workdir = self._workdir or _made(folder / f"{run.index + 1}-{plan.name}")
        await self._chronicle.wait_if_late()
        self._chronicle.note(self._story.stage_started(run.index))
        deadline = asyncio.timeout(plan.timeout.total_seconds() if plan.timeout else None)
        try:
            await self._fetch_source(run)
            async with deadline:
                await self._follow(run, run_stage(self._work(source, workdir)))
        except TimeoutError as error:
            if not deadline.expired():
                raise
            late = StageTimedOutError(f"stage {plan.name} took longer than {plan.timeout} and was ended")
            self._note_failure(run, late)
            raise late from error
        except SupersededError:
            raise
        except Exception as error:
            self._note_failure(run, error)
            raise
        self._workdir = workdir if _is_empty(workdir) else None
        if self._workdir is None:
            await asyncio.to_thread(shutil.rmtree, workdir, ignore_errors=True)
        self._facts[plan.name] = run.facts
        await self._complete(run)

    async def _fetch_source(self, run: StageRun) -> None:
        """Have the file here. The attempt's first stage says how far it is, but it is not that stage's time."""
        if self._download is None:
            return
        download, size = self._download, self._story.record.job.size
        fetching = asyncio.ensure_future(download.run())
        try:
            while not (await asyncio.wait({fetching}, timeout=FETCH_WORD_SECONDS))[0]:
                said = f"fetching the file: {download.bytes_here} of {size} bytes"
                self._chronicle.note_progress(run.index, Progress(0.0, said))
            fetching.result()
        finally:
            fetching.cancel()
        self._download = None

    async def _complete(self, run: StageRun) -> None:
        """Before more is begun this is recorded, unless to run it again would cost no more than the record."""
        self._chronicle.note_kept(
            self._story.stage_completed(run.index, seconds=run.seconds, artifacts=run.artifacts, facts=run.facts)
        )
        if run.artifacts or run.facts or run.seconds > COMMIT_SECONDS:
            await self._chronicle.catch_up()

    def _work(self, source: Source, workdir: Path) -> StageWork:
        return StageWork(
            pipeline=self._offer.reference,
            index=self.stage,
            job_id=self._story.record.job.id,
            source=source,
            workdir=workdir,
            store_url=self._workshop.store_url,
            earlier=self._facts,
            attempt=self._story.attempt,
        )

    async def _follow(self, run: StageRun, running: AbstractAsyncContextManager[RunningStage]) -> None:
        async with running as process:
            while True:
                message = await self._hear(run, process)
                match message:
                    case Progress():
                        run.progress = message
                        self._chronicle.note_progress(run.index, message)
                    case Saved(artifact=artifact):
                        run.artifacts[artifact.name] = artifact
                    case Found(facts=facts):
                        run.facts.update(facts)
                    case Finished():
                        return
                    case Raised():
                        raise _error_of(message)

    async def _hear(self, run: StageRun, process: RunningStage) -> Message:
        """The next message of the stage; while it is silent, its heartbeats go out."""
        while True:
            try:
                async with asyncio.timeout(self._chronicle.heartbeat_seconds):
                    return await process.receive()
            except TimeoutError:
                self._chronicle.note_progress(run.index, run.progress)

    def _note_failure(self, run: StageRun, error: Exception) -> None:
        log.warning("stage.failed", stage=self._offer.pipeline.stages[run.index].name, reason=str(error))
        self.has_told_failure = True
        overall = run.progress.fraction
        self._chronicle.note(
            self._story.stage_failed(run.index, seconds=run.seconds, progress=overall, reason=str(error))
        )


def _made(folder: Path) -> Path:
    folder.mkdir(exist_ok=True)
    return folder


def _is_empty(folder: Path) -> bool:
    """Most are, and to see that costs less than to call a thread."""
    try:
        with os.scandir(folder) as entries:
            return next(entries, None) is None
    except OSError:
        return False


def _error_of(raised: Raised) -> Exception:
    if raised.is_superseded:
        return SupersededError(raised.reason)
    log.info("stage.raised", reason=raised.reason, details=raised.details)
    return PermanentFailure(raised.reason) if raised.is_permanent else StageRaisedError(raised.reason)


def _first_to_run(offer: Offer, completed: frozenset[str]) -> int:
    """Stages run in order, so what comes after one that must run must run too."""
    stages = offer.pipeline.stages
    return next((index for index, stage in enumerate(stages) if stage.name not in completed), len(stages))
