"""Two processors, two pipelines: who is busy keeps nothing from who is idle."""

import asyncio
from pathlib import Path

from aio_pika.abc import AbstractChannel

from tests.faults.test_queue_deleted import wake_up
from tests.ground import wait_until_async
from tests.integration.conftest import Listener
from tests.integration.test_processor import submit, waiting
from tests.services import running_processor


async def test_a_busy_processor_leaves_the_jobs_of_its_other_pipelines_to_others(
    broker_url: str, blobs: Path, channel: AbstractChannel, events: Listener
) -> None:
    async with running_processor(broker_url, blobs.as_uri(), "naps", "count", processor_concurrency=1):
        napping = await submit(channel, blobs, "naps", b"x")
        await events.until("stage.started")
        left = [await submit(channel, blobs, "count", b"x") for _ in range(3)]

        async def are_in_their_queue() -> bool:
            return await waiting(channel, "count") == len(left)

        await wait_until_async(are_in_their_queue, 30, what="jobs that nobody holds")
        async with running_processor(broker_url, blobs.as_uri(), "count", processor_concurrency=1):
            await events.until("job.completed", count=len(left))
        assert all(events.told(job_id)[-1] == "job.completed" for job_id in left)
        assert events.told(napping)[-1] != "job.completed"
        wake_up(blobs, napping)
        await events.until("job.completed", count=1 + len(left))
    assert {event.data.attempt for event in events.heard} == {1}


async def test_a_busy_processor_goes_on_with_all_of_its_pipelines_in_turn(
    broker_url: str, blobs: Path, channel: AbstractChannel, events: Listener
) -> None:
    names = ("naps", "count", "dice")
    async with running_processor(broker_url, blobs.as_uri(), *names, processor_concurrency=1):
        napping = await submit(channel, blobs, "naps", b"x")
        await events.until("stage.started")
        jobs = {await submit(channel, blobs, name, b"x"): name for name in ("count", "dice") for _ in range(6)}
        wake_up(blobs, napping)
        await events.until("job.completed", count=1 + len(jobs))
        order = [jobs[event.subject] for event in events.heard if event.type == "job.started" and event.subject in jobs]
        assert "dice" in order[:3]
        assert "count" in order[:3]
        last = await submit(channel, blobs, "count", b"x")  # it listens again
        await events.until("job.completed", count=2 + len(jobs))
        assert events.told(last)[-1] == "job.completed"


async def test_many_jobs_of_many_pipelines_over_two_processors_run_once(
    broker_url: str, blobs: Path, channel: AbstractChannel, events: Listener
) -> None:
    names = ("count", "dice", "steps")
    url = blobs.as_uri()
    async with (
        running_processor(broker_url, url, *names, processor_concurrency=2),
        running_processor(broker_url, url, *names, processor_concurrency=1),
    ):
        jobs = await asyncio.gather(
            *(submit(channel, blobs, name, b"right") for _ in range(15) for name in names),
        )
        ends = await events.until_ended(len(jobs), seconds=120)
    assert {end.type for end in ends.values()} == {"job.completed"}
    assert all(events.told(job_id).count("job.started") == 1 for job_id in jobs)
    assert {event.data.attempt for event in events.heard} == {1}
