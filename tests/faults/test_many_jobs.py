"""A thousand jobs, while processors are killed at random, about one a second.

Pass rule: every job ends exactly once, as its file says it must, in the history as in its record; every artifact that
the record has is in the store with just these bytes, none is half there, and no message is left.
"""

import asyncio
import hashlib
import random
from collections import Counter
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import aio_pika
import pytest
from aio_pika.abc import AbstractChannel
from pamqp.commands import Queue
from uuid_utils import uuid7

from contracts.events import Event, encode
from contracts.job import Job, JobRequest
from contracts.record import decode_record
from contracts.topology import DEAD_JOBS, JOBS, declare, job_queue
from tests.faults.processes import ProcessorProcess, Processors
from tests.ground import wait_until_async
from tests.integration.conftest import Listener
from tests.integration.test_processor import dead_letters

JOBS_COUNT = 1_000
PROCESSORS = 3
SEED = 20261124
CONTENTS = {b"fine": 0.9, b"permanent": 0.05, b"once": 0.05}


async def submit_all(channel: AbstractChannel, blobs: Path, contents: list[bytes]) -> dict[str, bytes]:
    """As a gateway does, only faster; gives each job's content."""
    await declare(channel, JOBS, DEAD_JOBS, job_queue("dice"))
    exchange = await channel.get_exchange(JOBS.name)
    jobs = {}
    for content in contents:
        job = Job(id=str(uuid7()), name="a.txt", size=len(content), pipeline="dice")
        folder = blobs / "jobs" / job.id
        folder.mkdir(parents=True)
        (folder / "source").write_bytes(content)
        body = encode(JobRequest(job=job, accepted_at=datetime.now(UTC)))
        await exchange.publish(aio_pika.Message(body, delivery_mode=aio_pika.DeliveryMode.PERSISTENT), "dice")
        jobs[job.id] = content
    return jobs


async def keep_killing(processors: Processors, running: list[ProcessorProcess], chance: random.Random) -> None:
    """Always another one, at any moment; each is replaced, once it is dead, by a new one."""
    while True:
        await asyncio.sleep(chance.uniform(0.1, 1.0))
        victim = running.pop(chance.randrange(len(running)))
        await victim.kill()
        running.append(await processors.start("dice", processor_concurrency="4"))


@pytest.mark.timeout(300)
async def test_a_thousand_jobs_among_dying_processors(
    processors: Processors, blobs: Path, channel: AbstractChannel, events: Listener
) -> None:
    chance = random.Random(SEED)
    contents = chance.choices(list(CONTENTS), list(CONTENTS.values()), k=JOBS_COUNT)
    running = [await processors.start("dice", processor_concurrency="4") for _ in range(PROCESSORS)]
    killing = asyncio.ensure_future(keep_killing(processors, running, chance))
    try:
        jobs = await submit_all(channel, blobs, contents)
        ends = await events.until_ended(JOBS_COUNT, seconds=200)
    finally:
        killing.cancel()
        await asyncio.wait({killing})

    processors.close()
    await wait_until_async(partial(nobody_takes, channel), 30, what="a queue without consumers")
    await settle_the_rest(processors, channel)
    check_ends(events.heard, ends, jobs)
    for job_id in jobs:
        check_record(blobs / "jobs" / job_id, ends[job_id])
    assert len({body for body, _ in await dead_letters(channel)}) == Counter(jobs.values())[b"permanent"]
    broken_off = [event for event in events.heard if event.type == "job.retrying" and "without a word" in reason(event)]
    assert len(broken_off) > 10


async def settle_the_rest(processors: Processors, channel: AbstractChannel) -> None:
    """Whose end was told just before its processor was killed is still in the queue: the next one only settles it."""
    last = await processors.start("dice")
    await wait_until_async(partial(nothing_waits, channel), 30, what="an empty queue")
    await last.terminate()
    await wait_until_async(partial(nobody_takes, channel), 30, what="a queue without consumers")
    assert await nothing_waits(channel)  # nor was anything in its hands


async def nobody_takes(channel: AbstractChannel) -> bool:
    return (await dice(channel)).consumer_count == 0


async def nothing_waits(channel: AbstractChannel) -> bool:
    return (await dice(channel)).message_count == 0


async def dice(channel: AbstractChannel) -> Queue.DeclareOk:
    return (await channel.declare_queue(job_queue("dice").name, passive=True)).declaration_result


def reason(event: Event) -> str:
    return str(event.data.model_dump()["reason"])


def check_ends(heard: list[Event], ends: dict[str, Event], jobs: dict[str, bytes]) -> None:
    """Told twice, it is the very same event."""
    assert ends.keys() == jobs.keys()
    for job_id, content in jobs.items():
        assert ends[job_id].type == ("job.failed" if content == b"permanent" else "job.completed")
    told = {(event.subject, event.id) for event in heard if event.type in {"job.completed", "job.failed"}}
    assert len(told) == len(jobs)


def check_record(folder: Path, end: Event) -> None:
    record = decode_record((folder / "job.json").read_bytes())
    assert record.outcome == end
    sums = {artifact.name: artifact.sha256 for artifact in record.artifacts}
    assert {name: sha256_of(folder / "artifacts" / name) for name in sums} == sums
    if end.type == "job.completed":
        assert {"thrown.bin", "read.txt", "noise.bin"} <= sums.keys()
        assert (folder / "artifacts" / "read.txt").read_text() == sums["thrown.bin"]
    assert not list(folder.glob("artifacts/*#*"))


def sha256_of(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
