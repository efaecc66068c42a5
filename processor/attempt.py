"""One attempt at a job: its stages one after another, told as they happen."""

import asyncio
import os
import shutil
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import obstore
import structlog
from obstore.store import LocalStore, ObjectStore

from contracts.blobs import source_key
from contracts.events import Artifact
from contracts.job import Job
from processor.catalogue import Offer
from processor.child import Finished, Raised, StageWork
from processor.chronicle import Chronicle
from processor.errors import PermanentFailure, SourceMissingError, StageRaisedError, StageTimedOutError, SupersededError
from processor.progress import ProgressTeller, progress_teller
from processor.running_stage import Run, RunningStage, running_stages
from processor.stage import Found, Progress, Saved, Source
from processor.stage_process import Message
from processor.tracer import TRACER

HEARTBEAT_SECONDS = 5.0  # the contract says: a word at least every 10 s

log: structlog.stdlib.BoundLogger = structlog.get_logger()


@dataclass(frozen=True)
class Workshop:
    """Where attempts find files and leave artifacts."""

    store: ObjectStore
    store_url: str
    workdir: Path | None = None

    @asynccontextmanager
    async def open(self, job: Job) -> AsyncIterator[tuple[Source, Path]]:
        """The uploaded file as a path, and an empty folder that is removed at the end of the block.

        Raises:
            SourceMissingError: the file is not in the store.
        """
        folder = Path(await asyncio.to_thread(tempfile.mkdtemp, prefix="stagecast-", dir=self.workdir))
        try:
            path = await self._fetch(source_key(job.id), folder / "source")
            yield Source(path=path, name=job.name, size=job.size), folder
        finally:
            await asyncio.to_thread(shutil.rmtree, folder, ignore_errors=True)

    async def _fetch(self, key: str, target: Path) -> Path:
        try:
            await obstore.head_async(self.store, key)
        except FileNotFoundError as error:
            raise SourceMissingError(
                "the uploaded file is not in the store: its upload was withdrawn, or the store was emptied"
            ) from error
        if isinstance(self.store, LocalStore) and self.store.prefix is not None:
            return Path(self.store.prefix) / key
        answer = await obstore.get_async(self.store, key)
        with target.open("wb") as file:
            async for chunk in answer.stream():
                await asyncio.to_thread(file.write, bytes(chunk))
        return target


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
        *,
        heartbeat_seconds: float = HEARTBEAT_SECONDS,
    ) -> None:
        self._offer = offer
        self._chronicle = chronicle
        self._story = chronicle.story
        self._workshop = workshop
        self._publish = chronicle.tell
        self._heartbeat_seconds = heartbeat_seconds
        record = chronicle.story.record
        self._facts: dict[str, dict[str, Any]] = dict(record.facts)
        self.stage = _first_to_run(offer, record.completed_stages)  # the one that is running, or failed
        self.has_told_failure = False
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
        async with self._workshop.open(self._story.record.job) as (source, folder), running_stages() as run:
            for index in range(self.stage, len(stages)):
                self.stage = index
                with TRACER.start_as_current_span(f"stage {stages[index].name}"):
                    await self._run_stage(source, folder, run)

    async def _run_stage(self, source: Source, folder: Path, run_stage: Run) -> None:
        run = StageRun(self.stage)
        plan = self._offer.pipeline.stages[run.index]
        workdir = folder / f"{run.index + 1}-{plan.name}"
        workdir.mkdir()
        await self._publish(self._story.stage_started(run.index))
        limit = plan.timeout.total_seconds() if plan.timeout else None
        try:
            # What a broker makes us wait is not the stage's time.
            async with progress_teller(partial(self._tell_progress, run)) as teller, asyncio.timeout(limit) as deadline:
                await self._follow(run, run_stage(self._work(source, workdir)), teller)
        except TimeoutError as error:
            if not deadline.expired():
                raise
            late = StageTimedOutError(f"stage {plan.name} took longer than {plan.timeout} and was ended")
            await self._tell_failure(run, late)
            raise late from error
        except SupersededError:
            raise
        except Exception as error:
            await self._tell_failure(run, error)
            raise
        await _empty(workdir)
        self._facts[plan.name] = run.facts
        await self._complete(run)

    async def _complete(self, run: StageRun) -> None:
        """The checkpoint, then the word. While the store lets us wait, heartbeats go out, each numbered before it."""
        while True:
            event = self._story.stage_completed(
                run.index, seconds=run.seconds, artifacts=run.artifacts, facts=run.facts
            )
            try:
                async with asyncio.timeout(self._heartbeat_seconds) as deadline:
                    await self._chronicle.record(event)
                break
            except TimeoutError:
                if not deadline.expired():
                    raise
                await self._tell_progress(run, run.progress)
        await self._publish(event)

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

    async def _follow(
        self, run: StageRun, running: AbstractAsyncContextManager[RunningStage], teller: ProgressTeller
    ) -> None:
        async with running as process:
            while True:
                message = await self._hear(run, process, teller)
                match message:
                    case Progress():
                        run.progress = message
                        teller.say(message)
                    case Saved(artifact=artifact):
                        run.artifacts[artifact.name] = artifact
                    case Found(facts=facts):
                        run.facts.update(facts)
                    case Finished():
                        return
                    case Raised():
                        raise _error_of(message)

    async def _hear(self, run: StageRun, process: RunningStage, teller: ProgressTeller) -> Message:
        """The next message of the stage; while it is silent, its heartbeats go out."""
        hearing = asyncio.ensure_future(process.receive())
        try:
            while True:
                heard, _ = await asyncio.wait({hearing}, timeout=self._heartbeat_seconds)
                if heard:
                    return hearing.result()
                teller.say(run.progress)
        finally:
            hearing.cancel()

    async def _tell_progress(self, run: StageRun, progress: Progress) -> None:
        await self._publish(self._story.stage_progressed(run.index, progress))

    async def _tell_failure(self, run: StageRun, error: Exception) -> None:
        log.warning("stage.failed", stage=self._offer.pipeline.stages[run.index].name, reason=str(error))
        self.has_told_failure = True
        overall = run.progress.fraction
        await self._publish(
            self._story.stage_failed(run.index, seconds=run.seconds, progress=overall, reason=str(error))
        )


async def _empty(folder: Path) -> None:
    """Most are empty already, and to see that costs less than to call a thread."""
    if _has_content(folder):
        await asyncio.to_thread(shutil.rmtree, folder, ignore_errors=True)


def _has_content(folder: Path) -> bool:
    try:
        with os.scandir(folder) as entries:
            return next(entries, None) is not None
    except OSError:
        return True


def _error_of(raised: Raised) -> Exception:
    if raised.is_superseded:
        return SupersededError(raised.reason)
    log.info("stage.raised", reason=raised.reason, details=raised.details)
    return PermanentFailure(raised.reason) if raised.is_permanent else StageRaisedError(raised.reason)


def _first_to_run(offer: Offer, completed: frozenset[str]) -> int:
    """Stages run in order, so what comes after one that must run must run too."""
    stages = offer.pipeline.stages
    return next((index for index, stage in enumerate(stages) if stage.name not in completed), len(stages))
