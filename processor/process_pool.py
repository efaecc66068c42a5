"""The processes of `def` stages: one serves several, and several jobs, as long as each leaves it as it was."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Self

from processor.catalogue import load_pipeline
from processor.child import StageWork
from processor.stage_process import StageProcess, start_stage

MOST_JOBS = 100  # then a process ends: what no look at it shows, such as a full cache, ends with it
MOST_SECONDS = 300.0


class ProcessPool:
    """Processes that wait for another job of their pipeline; past `size` the one that has waited longest ends."""

    def __init__(self, size: int = 0) -> None:
        self._size = size
        self._waiting: list[tuple[str, StageProcess]] = []

    def take(self, pipeline: str) -> StageProcess | None:
        """One that waits, the last first."""
        for position in reversed(range(len(self._waiting))):
            if self._waiting[position][0] == pipeline:
                return self._waiting.pop(position)[1]
        return None

    async def give(self, pipeline: str, process: StageProcess) -> None:
        """It has done its job, and left nothing."""
        is_spent = process.jobs >= MOST_JOBS or time.monotonic() - process.began > MOST_SECONDS
        if is_spent or load_pipeline(pipeline).isolate_jobs:
            await process.end()
            return
        self._waiting.append((pipeline, process))
        while len(self._waiting) > self._size:
            await self._waiting.pop(0)[1].end()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        """No process waits any more."""
        while self._waiting:
            await self._waiting.pop()[1].end()


class StageProcesses:
    """Those of one attempt, one after another. A process is not used again if its stage failed, or changed it."""

    def __init__(self, pool: ProcessPool) -> None:
        self._pool = pool
        self._pipeline = ""
        self._waiting: StageProcess | None = None

    @asynccontextmanager
    async def run(self, work: StageWork) -> AsyncIterator[StageProcess]:
        """A running stage; at the end of the block nothing of it is left, but perhaps a process that waits."""
        running = await self._going_on(work) or await start_stage(work)
        try:
            yield running
            if running.may_go_on:
                self._waiting = running
        finally:
            if self._waiting is None:
                await asyncio.shield(running.end())

    async def end(self) -> None:
        """What waits may wait for another job."""
        waiting, self._waiting = self._waiting, None
        if waiting is not None:
            waiting.jobs += 1
            await asyncio.shield(self._pool.give(self._pipeline, waiting))

    async def _going_on(self, work: StageWork) -> StageProcess | None:
        self._pipeline = work.pipeline
        running, self._waiting = self._waiting or self._pool.take(work.pipeline), None
        if running is None or running.go_on(work):
            return running
        await asyncio.shield(running.end())
        return None


@asynccontextmanager
async def stage_processes(pool: ProcessPool | None = None) -> AsyncIterator[StageProcesses]:
    """For the stages of one attempt; at the end of the block nothing of them is left, but a process in the pool."""
    processes = StageProcesses(pool or ProcessPool())
    try:
        yield processes
    finally:
        await processes.end()
