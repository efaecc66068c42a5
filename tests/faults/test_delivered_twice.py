"""The same job is in its queue several times, and several processors take it at once.

Pass rule: one attempt, one outcome, one set of artifacts, and no message is left.
"""

from datetime import UTC, datetime
from pathlib import Path

from aio_pika.abc import AbstractChannel
from uuid_utils import uuid7

from contracts.events import encode
from contracts.job import Job, JobRequest
from tests.faults.processes import Processors
from tests.ground import wait_until_async
from tests.integration.conftest import Listener
from tests.integration.test_processor import dead_letters, send, waiting

COPIES = 6


async def test_a_job_that_is_delivered_to_many_runs_once(
    processors: Processors, blobs: Path, channel: AbstractChannel, events: Listener
) -> None:
    for _ in range(3):
        await processors.start("steps")
    jobs = [Job(id=str(uuid7()), name="a.txt", size=5, pipeline="steps") for _ in range(5)]
    for job in jobs:
        folder = blobs / "jobs" / job.id
        folder.mkdir(parents=True)
        (folder / "source").write_bytes(b"right")
    for _ in range(COPIES):
        for job in jobs:
            await send(channel, "steps", encode(JobRequest(job=job, accepted_at=datetime.now(UTC))))

    async def all_are_settled() -> bool:
        return await waiting(channel, "steps") == 0

    await events.until("job.completed", count=len(jobs))
    await wait_until_async(all_are_settled, 30)
    for job in jobs:
        attempts = {event.data.attempt for event in events.heard if event.subject == job.id}
        assert attempts == {1}
        assert (blobs / "jobs" / job.id / "artifacts" / "runs.txt").read_text() == "1"
        assert events.told(job.id).count("job.started") == 1
    assert await dead_letters(channel) == []
