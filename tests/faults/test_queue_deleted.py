"""Somebody deletes a job queue while a job from it runs.

Pass rule: what runs comes to its end, the queue is there again, and the next job runs.
"""

from pathlib import Path

from aio_pika.abc import AbstractChannel, AbstractConnection
from aio_pika.exceptions import ChannelNotFoundEntity

from contracts.topology import job_queue
from tests.faults.processes import Processors
from tests.ground import wait_until_async
from tests.integration.conftest import Listener
from tests.integration.test_processor import submit


async def test_a_deleted_queue_is_made_again_and_harms_nothing_that_runs(
    processors: Processors, blobs: Path, connection: AbstractConnection, channel: AbstractChannel, events: Listener
) -> None:
    processor = await processors.start("naps")
    napping = await submit(channel, blobs, "naps", b"x")
    await events.until("stage.started")
    await channel.queue_delete(job_queue("naps").name)

    async def has_a_consumer() -> bool:
        try:
            async with connection.channel() as fresh:
                queue = await fresh.declare_queue(job_queue("naps").name, passive=True)
                return queue.declaration_result.consumer_count == 1
        except ChannelNotFoundEntity:
            return False

    await wait_until_async(has_a_consumer, 30, what="the queue and its consumer")
    wake_up(blobs, napping)
    await events.until("job.completed")
    following = await submit(channel, blobs, "naps", b"x")
    wake_up(blobs, following)
    await events.until("job.completed", count=2)
    assert events.told(napping).count("job.started") == 1
    assert events.told(following)[-1] == "job.completed"
    assert "queue.deleted" in processor.said


def wake_up(blobs: Path, job_id: str) -> None:
    artifacts = blobs / "jobs" / job_id / "artifacts"
    artifacts.mkdir(exist_ok=True)
    (artifacts / "awake").touch()
