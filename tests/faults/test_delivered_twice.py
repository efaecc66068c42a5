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
    started = [await processors.start("steps") for _ in range(3)]
    jobs = [Job(id=str(uuid7()), name="a.txt", size=5, pipeline="steps") for _ in range(5)]
    for job in jobs:
        folder = blobs / "jobs" / job.id
        folder.mkdir(parents=True)
        (folder / "source").write_bytes(b"right")
    for _ in range(COPIES):
        for job in jobs:
            await send(channel, "steps", encode(JobRequest(job=job, accepted_at=datetime.now(UTC))))

    for job in jobs:
        while "job.completed" not in events.told(job.id):
            await events.until("job.completed", count=1 + events.told().count("job.completed"))
    doubles = (COPIES - 1) * len(jobs)

    def dropped() -> int:
        return sum(processor.said.count("delivery.dropped") for processor in started)

    await wait_until_async(lambda: dropped() == doubles, 30, what="the end of the doubles")
    assert await waiting(channel, "steps") == 0
    for job in jobs:
        attempts = {event.data.attempt for event in events.heard if event.subject == job.id}
        assert attempts == {1}
        assert (blobs / "jobs" / job.id / "artifacts" / "runs.txt").read_text() == "1"
        assert events.told(job.id).count("job.started") == 1
    assert await dead_letters(channel) == []
