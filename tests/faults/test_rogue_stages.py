"""Stages that eat memory, fork, ignore signals, return too late, print megabytes; and messages that are no jobs.

Pass rule: each is a failed attempt with a clear reason (or, if it only prints, none), nothing that it started is left,
and the same processor, which lives on, runs the next job.
"""

from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
from aio_pika.abc import AbstractChannel

from tests.faults.processes import Processors, is_alive
from tests.ground import missing, wait_until_async
from tests.integration.conftest import Listener
from tests.integration.test_processor import dead_letters, send, submit

MEMORY_BYTES = 400_000_000
CONTROL_GROUPS = Path("/sys/fs/cgroup")


@pytest.fixture
def small_memory() -> Iterator[Path]:
    """A control group of the kernel; who is in it shares little memory."""
    is_unified = (CONTROL_GROUPS / "cgroup.controllers").exists()
    group = (CONTROL_GROUPS if is_unified else CONTROL_GROUPS / "memory") / "stagecast-tests"
    try:
        group.mkdir()
    except OSError as error:
        missing(f"the right to make a control group: {error}")
    try:
        limit = group / ("memory.max" if is_unified else "memory.limit_in_bytes")
        if not limit.exists():
            missing("the memory controller of control groups")
        limit.write_text(str(MEMORY_BYTES))
        yield group
    finally:
        group.rmdir()


async def test_a_stage_that_eats_memory_is_killed_alone(
    small_memory: Path, processors: Processors, blobs: Path, channel: AbstractChannel, events: Listener
) -> None:
    processor = await processors.start("eat")
    for process in (psutil.Process(processor.process.pid), *psutil.Process(processor.process.pid).children(True)):
        (small_memory / "cgroup.procs").write_text(str(process.pid))
    eating = await submit(channel, blobs, "eat", b"eat")
    fine = await submit(channel, blobs, "eat", b"fine")
    ends = await events.until_ended(2)
    assert "killed by SIGKILL; the machine may have run out of memory" in ends[eating].data.model_dump()["reason"]
    assert ends[fine].type == "job.completed"
    await processor.kill()


async def test_stages_that_keep_to_no_rule(
    processors: Processors, blobs: Path, channel: AbstractChannel, events: Listener
) -> None:
    processor = await processors.start("rogue")
    jobs = {what: await submit(channel, blobs, "rogue", what.encode()) for what in ("fork", "late", "print", "fine")}
    ends = await events.until_ended(len(jobs))
    reasons = {what: ends[jobs[what]].data.model_dump().get("reason") for what in jobs}
    assert reasons["fork"] == "stage run_riot took longer than 0:00:04 and was ended"
    assert reasons["late"] == "stage return_late took longer than 0:00:01 and was ended"
    assert reasons["print"] is reasons["fine"] is None
    left = [int(pid) for pid in (blobs / "jobs" / jobs["fork"] / "artifacts" / "pids.txt").read_text().split()]
    await wait_until_async(lambda: not any(map(lives, left)), 10, what="the end of all that the stage started")
    assert not (blobs / "jobs" / jobs["late"] / "artifacts" / "late.txt").exists()
    assert "stage.printed_too_much" in processor.said
    assert len(processor.said) < 1_000_000


async def test_messages_that_are_no_jobs(
    processors: Processors, blobs: Path, channel: AbstractChannel, events: Listener
) -> None:
    processor = await processors.start("rogue")
    poison = [b"no JSON", bytes(10_000_000), b'{"version": 99}']
    for body in poison:
        await send(channel, "rogue", body)
    await submit(channel, blobs, "rogue", b"fine")
    await events.until("job.completed")
    letters: list[bytes] = []

    async def all_are_buried() -> bool:
        letters.extend(body for body, _ in await dead_letters(channel))
        return len(letters) >= len(poison)

    await wait_until_async(all_are_buried, 30, what="the dead letters")
    assert sorted(letters) == sorted(poison)
    assert processor.process.poll() is None


def lives(pid: int) -> bool:
    return psutil.pid_exists(pid) and is_alive(psutil.Process(pid))
