import asyncio
from collections.abc import Callable

import pytest

from processor.errors import HandedBackError, JobCancelledError, JobTimedOutError
from processor.stops import Stop, Stops
from tests.samples import JOB_ID

LATE = JobTimedOutError("too long")


async def forever() -> None:
    await asyncio.Event().wait()


async def run_until(stops: Stops, *acts: Callable[[Stop], None]) -> None:
    """A block that never ends by itself, and what happens to it."""
    async with stops.stoppable(JOB_ID) as stop:
        for act in acts:
            act(stop)
        await forever()


async def test_a_block_that_nobody_stops_ends_by_itself() -> None:
    async with Stops().stoppable(JOB_ID) as stop:
        stop.after(60, LATE)


async def test_a_cancelled_job_is_stopped_and_others_are_not() -> None:
    stops = Stops()
    async with stops.stoppable("other"):
        with pytest.raises(JobCancelledError):
            await run_until(stops, lambda _: stops.cancel(JOB_ID))


async def test_whatever_stops_it_first_counts() -> None:
    stops = Stops()
    acts = (lambda _: stops.cancel(JOB_ID), lambda _: stops.hand_back(), lambda stop: stop.after(0, LATE))
    with pytest.raises(JobCancelledError):
        await run_until(stops, *acts)


async def test_time_runs_out() -> None:
    with pytest.raises(JobTimedOutError, match="too long"):
        await run_until(Stops(), lambda stop: stop.after(0.001, LATE))


async def test_what_begins_after_the_end_began_is_handed_back_at_once() -> None:
    stops = Stops()
    stops.hand_back()
    with pytest.raises(HandedBackError):
        await run_until(stops)


async def test_what_has_ended_cannot_be_stopped() -> None:
    stops = Stops()
    async with stops.stoppable(JOB_ID):
        pass
    stops.cancel(JOB_ID)
    stops.hand_back()
    await asyncio.sleep(0)


async def test_an_error_within_is_no_stop() -> None:
    def fail(_: Stop) -> None:
        raise TimeoutError("mine")

    with pytest.raises(TimeoutError, match="mine"):
        await run_until(Stops(), fail)


async def test_whoever_is_cancelled_from_elsewhere_stays_cancelled() -> None:
    task = asyncio.ensure_future(run_until(Stops()))
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
