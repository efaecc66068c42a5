"""A processor is killed with SIGKILL in the middle of a stage.

Pass rule: its stages die with it, and another processor brings the job to its end as a later attempt, from the stage
that was broken off; what was completed is not run again, and what clients see never goes back.
"""

from itertools import pairwise
from pathlib import Path

from aio_pika.abc import AbstractChannel

from contracts.record import record_event, record_of_upload
from contracts.snapshot import StageState
from contracts.upload import Upload
from tests.faults.processes import Processors
from tests.ground import wait_until_async
from tests.integration.conftest import Listener
from tests.integration.test_processor import submit


async def asleep(blobs: Path, job_id: str) -> None:
    """Wait until the second stage of `steps` is at work."""
    await wait_until_async((blobs / "jobs" / job_id / "artifacts" / "child.txt").exists, 30, what="the second stage")


def wake(blobs: Path, job_id: str) -> None:
    """From now on the second stage of `steps` comes to its end when it is run."""
    (blobs / "jobs" / job_id / "artifacts" / "moment.txt").write_text("right")


def runs_of_the_first_stage(blobs: Path, job_id: str) -> str:
    return (blobs / "jobs" / job_id / "artifacts" / "runs.txt").read_text()


async def test_a_killed_processor_loses_no_job_and_leaves_no_stage(
    processors: Processors, blobs: Path, channel: AbstractChannel, events: Listener
) -> None:
    killed = await processors.start("steps")
    job_id = await submit(channel, blobs, "steps", b"sleep")
    await asleep(blobs, job_id)
    await killed.kill()
    wake(blobs, job_id)
    await processors.start("steps")
    told = await events.until("job.completed")
    assert told[-1].data.attempt == 2
    assert runs_of_the_first_stage(blobs, job_id) == "1"
    assert events.told() == [
        *("job.started", "stage.started", "stage.completed", "stage.started"),
        *("job.retrying", "job.started", *["stage.started", "stage.completed"] * 2, "job.completed"),
    ]


async def test_a_stage_that_lets_no_thread_run_dies_with_its_processor_and_with_all_it_started(
    processors: Processors, blobs: Path, channel: AbstractChannel
) -> None:
    killed = await processors.start("rogue")
    job_id = await submit(channel, blobs, "rogue", b"hold")
    await wait_until_async((blobs / "jobs" / job_id / "artifacts" / "pids.txt").exists, 30, what="the stage's children")
    await killed.kill()


async def test_no_client_sees_a_job_go_back(
    processors: Processors, blobs: Path, channel: AbstractChannel, events: Listener
) -> None:
    job_id = await submit(channel, blobs, "steps", b"sleep")
    for _ in range(3):
        killed = await processors.start("steps")
        await asleep(blobs, job_id)
        await killed.kill()
        (blobs / "jobs" / job_id / "artifacts" / "child.txt").unlink()
    wake(blobs, job_id)
    await processors.start("steps")
    told = await events.until("job.completed")
    seen = [record_of_upload(Upload(job=told[0].data.job, accepted_at=told[0].time))]
    for event in told:
        seen.append(record_event(seen[-1], event))
    done = [[stage.name for stage in job.stages if stage.state is StageState.COMPLETED] for job in seen]
    assert all(set(before) <= set(after) for before, after in pairwise(done))
    attempts = [job.attempt for job in seen]
    assert attempts == sorted(attempts)
    assert set(attempts) == {1, 2, 3, 4}
