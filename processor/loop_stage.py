"""An `async def` stage at work in the processor's own event loop; to an attempt it is as a `StageProcess`."""

import asyncio
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import structlog

from processor.async_stage import AsyncStage
from processor.catalogue import load_pipeline
from processor.child import Finished, Raised, StageWork, opened_store, raised
from processor.pipeline import StagePlan
from processor.stage_log import Logged, write
from processor.stage_process import Message
from processor.workplace import SECONDS_BETWEEN_PROGRESS, Found, Progress, Saved, Told

# How long a stage that is ended may take to tidy up, and how often it is told again after that, 0.1 s apart.
TIDY_SECONDS = 1.0
MORE_CANCELLATIONS = 8

log: structlog.stdlib.BoundLogger = structlog.get_logger()


class LoopStage:
    """A stage at work as a task. What it told and nobody has received yet is bounded by the stage's own limits."""

    def __init__(self, work: StageWork, plan: StagePlan) -> None:
        self._name = plan.name
        self._job_id = work.job_id
        self._stage = AsyncStage(
            source=work.source,
            workdir=work.workdir,
            job_id=work.job_id,
            store=opened_store(work.store_url),
            tell=self._tell,
            earlier=work.earlier,
            attempt=work.attempt,
        )
        self._loop = asyncio.get_running_loop()
        self._thread = threading.get_ident()
        self._news = asyncio.Event()
        self._progress: Progress | None = None
        self._facts: dict[str, Any] = {}
        self._saved: dict[str, Saved] = {}
        self._outcome: Finished | Raised | None = None
        self._ending = False
        self._running = asyncio.create_task(self._run(plan), name=f"stage {plan.name}")

    async def receive(self) -> Message:
        """The next message, the outcome last; of progress that has piled up, only the newest."""
        while (message := self._next()) is None:
            self._news.clear()
            await self._news.wait()
        return message

    @property
    def has_ended(self) -> bool:
        return self._running.done()

    async def end(self) -> None:
        """Cancel the stage, if it is still at work, and wait for it. One that will not end is not heard any more."""
        self._ending = True
        self._stage.close()
        self._running.cancel()
        await asyncio.wait({self._running}, timeout=TIDY_SECONDS)
        for _ in range(MORE_CANCELLATIONS):
            if self._running.done():
                return
            self._running.cancel()
            await asyncio.wait({self._running}, timeout=0.1)
        log.error("stage.will_not_end", job_id=self._job_id, stage=self._name)

    async def _run(self, plan: StagePlan) -> None:
        self._flush_soon()
        try:
            outcome: Finished | Raised = Finished()
            await plan.function(self._stage)
        except asyncio.CancelledError as error:
            if self._ending:
                raise
            outcome = raised(error)  # of its own making
        except BaseException as error:  # noqa: BLE001 - also `sys.exit()`: it ends this stage, not the processor
            outcome = raised(error)
        finally:
            self._flushing.cancel()
        self._stage.flush()
        self._stage.close()
        self._outcome = outcome
        self._news.set()

    def _flush_soon(self) -> None:
        """And again and again: progress that was held back is heard though the stage says nothing more."""
        self._stage.flush()
        self._flushing = self._loop.call_later(SECONDS_BETWEEN_PROGRESS, self._flush_soon)

    def _tell(self, message: Told) -> None:
        if threading.get_ident() == self._thread:
            self._take(message)
        else:  # the stage has threads of its own
            self._loop.call_soon_threadsafe(self._take, message)

    def _take(self, message: Told) -> None:
        match message:
            case Progress():
                self._progress = message
            case Found(facts=facts):
                self._facts.update(facts)
            case Saved(artifact=artifact):
                self._saved[artifact.name] = message
            case Logged():
                write(message, job_id=self._job_id, stage=self._name)
        self._news.set()

    def _next(self) -> Message | None:
        if self._facts:
            facts, self._facts = self._facts, {}
            return Found(facts)
        if self._saved:
            return self._saved.pop(next(iter(self._saved)))
        progress, self._progress = self._progress, None
        return progress or self._outcome


@asynccontextmanager
async def loop_stage(work: StageWork) -> AsyncIterator[LoopStage]:
    """A running stage; at the end of the block it has been cancelled and has ended."""
    running = LoopStage(work, load_pipeline(work.pipeline).stages[work.index])
    try:
        yield running
    finally:
        if not running.has_ended:
            await asyncio.shield(running.end())
