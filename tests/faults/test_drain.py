"""A processor is asked to end (SIGTERM) while it works.

Pass rule: it exits with 0; what ends within the grace period ends there; the rest is handed back, said so, and goes on
elsewhere at the stage it was in.
"""

from pathlib import Path

from aio_pika.abc import AbstractChannel

from tests.faults.processes import Processors
from tests.faults.test_processor_killed import asleep, runs_of_the_first_stage, wake
from tests.integration.conftest import Listener
from tests.integration.test_processor import submit


async def test_what_does_not_end_in_time_is_handed_to_another_processor(
    processors: Processors, blobs: Path, channel: AbstractChannel, events: Listener
) -> None:
    ending = await processors.start("steps", processor_grace_seconds="0.2")
    job_id = await submit(channel, blobs, "steps", b"sleep")
    await asleep(blobs, job_id)
    await processors.start("steps")
    wake(blobs, job_id)
    assert await ending.terminate() == 0
    told = await events.until("job.completed")
    assert runs_of_the_first_stage(blobs, job_id) == "1"
    [retrying] = [event for event in told if event.type == "job.retrying"]
    assert retrying.data.attempt == 1
    assert retrying.data.model_dump()["reason"] == "its processor stops; another one goes on"
    assert {event.source for event in told if event.data.attempt == 2} != {retrying.source}
