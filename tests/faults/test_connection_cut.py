"""A processor's connections to its broker break, with a reset or without a word, one way or both.

Pass rule: the job ends exactly once, as a later attempt, what was completed is not run again; the processor that was
parted ends its stage, tells nothing more of the job, and takes jobs again.
"""

from contextlib import AsyncExitStack
from pathlib import Path

import psutil
from aio_pika.abc import AbstractChannel

from tests.faults.processes import ProcessorProcess, Processors, is_alive
from tests.faults.test_processor_killed import asleep, runs_of_the_first_stage, wake
from tests.faults.test_queue_deleted import wake_up
from tests.ground import wait_until_async
from tests.integration.conftest import Listener
from tests.integration.test_processor import submit
from tests.proxy import BOTH_WAYS, Proxy, Way, cuttable


class Parted:
    """A processor behind a proxy, busy with one job."""

    def __init__(self, blobs: Path, processor: ProcessorProcess, proxy: Proxy, job_id: str) -> None:
        self.processor = processor
        self.proxy = proxy
        self.job_id = job_id
        self.stage = psutil.Process(int((blobs / "jobs" / job_id / "artifacts" / "child.txt").read_text()))

    async def is_back(self) -> None:
        """It has noticed, its stage has gone, and it is connected again."""
        await wait_until_async(lambda: not is_alive(self.stage), 60, what="the end of a stage whose job was lost")
        await self.processor.ready()


async def part(stack: AsyncExitStack, processors: Processors, blobs: Path, channel: AbstractChannel) -> Parted:
    url, proxy = await stack.enter_async_context(cuttable(processors.broker_url))
    processor = await processors.start("steps", amqp_url=url, processor_concurrency="1")
    job_id = await submit(channel, blobs, "steps", b"sleep")
    await asleep(blobs, job_id)
    return Parted(blobs, processor, proxy, job_id)


def check(events: Listener, blobs: Path, job_id: str) -> None:
    """One end, as the second attempt, and nothing of the first one after it."""
    told = [event for event in events.heard if event.subject == job_id]
    assert [event.type for event in told].count("job.completed") == 1
    attempts = [event.data.attempt for event in told]
    assert attempts == sorted(attempts)
    assert set(attempts) == {1, 2}
    assert runs_of_the_first_stage(blobs, job_id) == "1"


async def test_a_connection_that_is_reset(
    processors: Processors, blobs: Path, channel: AbstractChannel, events: Listener
) -> None:
    async with AsyncExitStack() as stack:
        parted = await part(stack, processors, blobs, channel)
        wake(blobs, parted.job_id)
        parted.proxy.cut()
        await wait_until_async(lambda: not is_alive(parted.stage), 60, what="the end of the stage")
        parted.proxy.mend()
        await events.until("job.completed")
        await parted.is_back()
    check(events, blobs, parted.job_id)


async def test_connections_that_fall_silent(
    processors: Processors, blobs: Path, channel: AbstractChannel, events: Listener
) -> None:
    async with AsyncExitStack() as stack:
        ways = (Way.TO_BROKER, Way.FROM_BROKER, BOTH_WAYS)
        parted = {way: await part(stack, processors, blobs, channel) for way in ways}
        await processors.start("steps", processor_concurrency="3")
        for way, each in parted.items():
            wake(blobs, each.job_id)
            each.proxy.silence(way)
        await events.until("job.completed", count=len(parted), seconds=90)
        for each in parted.values():
            await each.is_back()
        following = [await submit(channel, blobs, "steps", b"right") for _ in range(6)]
        await events.until("job.completed", count=len(parted) + len(following))
    for each in parted.values():
        check(events, blobs, each.job_id)


async def test_only_the_connection_for_events_falls_silent(
    processors: Processors, blobs: Path, channel: AbstractChannel, events: Listener
) -> None:
    """Its job is its own still, and given to nobody else: it must bring it to its end itself, as the first attempt."""
    async with cuttable(processors.broker_url) as (url, proxy):
        await processors.start("naps", amqp_url=url)
        job_id = await submit(channel, blobs, "naps", b"x")
        await events.until("stage.started")
        proxy.silence(BOTH_WAYS, named="processor events")
        wake_up(blobs, job_id)
        told = await events.until("job.completed", seconds=90)
    assert {event.data.attempt for event in told} == {1}
