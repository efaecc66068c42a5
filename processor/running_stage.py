"""A stage at work, wherever it runs."""

from contextlib import AbstractAsyncContextManager
from typing import Protocol

from processor.catalogue import load_pipeline
from processor.child import StageWork
from processor.loop_stage import loop_stage
from processor.stage_process import Message, stage_process


class RunningStage(Protocol):
    """What an attempt needs of it."""

    async def receive(self) -> Message:
        """The next message, the outcome last.

        Raises:
            StageCrashedError: it ended without an outcome.
        """

    async def end(self) -> None:
        """End it if it is still at work, and wait for that."""


def running_stage(work: StageWork) -> AbstractAsyncContextManager[RunningStage]:
    """`def` runs in a process of its own, `async def` in this event loop; at the block's end nothing of it is left."""
    plan = load_pipeline(work.pipeline).stages[work.index]
    return loop_stage(work) if plan.is_async else stage_process(work)
