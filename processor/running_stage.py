"""A stage at work, wherever it runs."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Protocol

from processor.catalogue import load_pipeline
from processor.child import StageWork
from processor.loop_stage import loop_stage
from processor.process_pool import ProcessPool, stage_processes
from processor.stage_process import Message


class RunningStage(Protocol):
    """What an attempt needs of it."""

    async def receive(self) -> Message:
        """The next message, the outcome last.

        Raises:
            StageCrashedError: it ended without an outcome.
        """

    async def end(self) -> None:
        """End it if it is still at work, and wait for that."""


Run = Callable[[StageWork], AbstractAsyncContextManager[RunningStage]]


@asynccontextmanager
async def running_stages(pool: ProcessPool) -> AsyncIterator[Run]:
    """What runs the stages of one attempt, one at a time: `def` in a process apart, `async def` in this event loop.

    At the end of a stage's block nothing of it is left; a process that it left as it was may run the next one, or wait
    in the pool for the next job.
    """
    async with stage_processes(pool) as processes:

        def run(work: StageWork) -> AbstractAsyncContextManager[RunningStage]:
            plan = load_pipeline(work.pipeline).stages[work.index]
            return loop_stage(work) if plan.is_async else processes.run(work)

        yield run
