"""Pipelines that do next to nothing: what they are measured for is what happens around them."""

import time

from processor import AsyncStage, Pipeline, Stage

TICKS = 200
PAUSE_SECONDS = 0.15
CALLS = 2_000_000

clock = Pipeline("clock")
empty = Pipeline("empty")
empty_async = Pipeline("empty-async")
eager = Pipeline("eager")


@clock.stage()
def tick(stage: Stage) -> None:
    """Each message is the instant of its emit, in nanoseconds of the machine's monotonic clock."""
    for number in range(TICKS):
        time.sleep(PAUSE_SECONDS)
        stage.progress(number / TICKS, str(time.monotonic_ns()))


@eager.stage()
def tell_all(stage: Stage) -> None:
    """Far more progress than is sent."""
    began = time.perf_counter()
    for number in range(CALLS):
        stage.progress(number / CALLS, "on its way")
    stage.facts(microseconds=(time.perf_counter() - began) / CALLS * 1e6)


@empty.stage()
def first(stage: Stage) -> None: ...


@empty.stage()
def second(stage: Stage) -> None: ...


@empty.stage()
def third(stage: Stage) -> None: ...


@empty.stage()
def fourth(stage: Stage) -> None: ...


@empty.stage()
def fifth(stage: Stage) -> None: ...


@empty_async.stage()
async def first_async(stage: AsyncStage) -> None: ...


@empty_async.stage()
async def second_async(stage: AsyncStage) -> None: ...


@empty_async.stage()
async def third_async(stage: AsyncStage) -> None: ...


@empty_async.stage()
async def fourth_async(stage: AsyncStage) -> None: ...


@empty_async.stage()
async def fifth_async(stage: AsyncStage) -> None: ...
