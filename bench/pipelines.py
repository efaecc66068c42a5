"""Pipelines that do next to nothing: what they are measured for is what happens around them."""

import time

from processor import AsyncStage, Pipeline, Stage

TICKS = 200
PAUSE_SECONDS = 0.15
CALLS = 2_000_000

clock = Pipeline("clock")
empty = Pipeline("empty")
empty_async = Pipeline("empty-async")
empty_for_two = Pipeline("empty-for-two")
empty_async_for_two = Pipeline("empty-async-for-two")
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


def first(stage: Stage) -> None: ...


def second(stage: Stage) -> None: ...


def third(stage: Stage) -> None: ...


def fourth(stage: Stage) -> None: ...


def fifth(stage: Stage) -> None: ...


async def first_async(stage: AsyncStage) -> None: ...


async def second_async(stage: AsyncStage) -> None: ...


async def third_async(stage: AsyncStage) -> None: ...


async def fourth_async(stage: AsyncStage) -> None: ...


async def fifth_async(stage: AsyncStage) -> None: ...


for pipeline in (empty, empty_for_two):
    for stage in (first, second, third, fourth, fifth):
        pipeline.stage()(stage)
for pipeline in (empty_async, empty_async_for_two):
    for async_stage in (first_async, second_async, third_async, fourth_async, fifth_async):
        pipeline.stage()(async_stage)
