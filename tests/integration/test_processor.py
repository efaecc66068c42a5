"""Jobs in, events and artifacts out, over a real broker and in real child processes."""

import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import aio_pika
import psutil
import pytest
from aio_pika.abc import AbstractChannel
from uuid_utils import uuid7

from contracts.events import encode
from contracts.job import Job, JobRequest
from contracts.topology import DEAD_JOBS, JOBS, declare, job_queue
from tests.ground import wait_until_async
from tests.integration.conftest import Listener
from tests.proxy import cuttable
from tests.services import running_processor


async def submit(channel: AbstractChannel, blobs: Path, pipeline: str, content: bytes | None) -> str:
    """What the gateway does; gives the job's id."""
    job = Job(id=str(uuid7()), name="a.txt", size=len(content or b""), pipeline=pipeline)
    if content is not None:
        folder = blobs / "jobs" / job.id
        folder.mkdir(parents=True)
        (folder / "source").write_bytes(content)
    await send(channel, pipeline, encode(JobRequest(job=job, accepted_at=datetime.now(UTC))))
    return job.id


async def send(channel: AbstractChannel, pipeline: str, body: bytes) -> None:
    await declare(channel, JOBS, DEAD_JOBS, job_queue(pipeline))
    exchange = await channel.get_exchange(JOBS.name)
    await exchange.publish(aio_pika.Message(body), pipeline)


async def dead_letters(channel: AbstractChannel) -> list[tuple[bytes, Any]]:
    queue = await channel.get_queue(DEAD_JOBS.name)
    found = []
    while (message := await queue.get(no_ack=True, fail=False)) is not None:
        found.append((message.body, message.headers["x-reason"]))
    return found


async def waiting(channel: AbstractChannel, pipeline: str) -> int | None:
    return (await channel.declare_queue(job_queue(pipeline).name, passive=True)).declaration_result.message_count


async def test_a_job_runs_to_its_end(broker_url: str, blobs: Path, channel: AbstractChannel, events: Listener) -> None:
    async with running_processor(broker_url, blobs.as_uri(), "count"):
        job_id = await submit(channel, blobs, "count", b"x" * 5_000)
        told = await events.until("job.completed")
    assert events.told() == ["job.started", *["stage.started", "stage.completed"] * 2, "job.completed"]
    order = [(event.data.attempt, event.data.sequence) for event in told]
    assert order == sorted(set(order))
    assert (blobs / "jobs" / job_id / "artifacts" / "copy.txt").read_bytes() == b"5000"
    assert [artifact["name"] for artifact in told[-1].data.model_dump()["artifacts"]] == ["size.txt", "copy.txt"]
    assert await waiting(channel, "count") == 0


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"raise", "ValueError: the number 7 is missing"),
        (b"permanent", "this file is beyond repair"),
        (b"exit", "exit code 3"),
        (b"killed", "SIGKILL"),
        (b"surrogate", "no such file: '?'"),
        (b"bytes", "not JSON serializable"),
        (b"flood", "too long for an event"),
        (None, "not in the store"),
    ],
)
async def test_a_failing_job_says_why_and_the_next_one_runs(
    broker_url: str, blobs: Path, channel: AbstractChannel, events: Listener, content: bytes | None, reason: str
) -> None:
    async with running_processor(broker_url, blobs.as_uri(), "trouble"):
        failed = await submit(channel, blobs, "trouble", content)
        await events.until("job.failed")
        assert reason in events.heard[-1].data.model_dump()["reason"]
        fine = await submit(channel, blobs, "trouble", b"nothing of the kind")
        await events.until("job.completed")
    assert events.told(failed)[-1] == "job.failed"
    assert events.told(fine)[-1] == "job.completed"
    [(body, why)] = await dead_letters(channel)
    assert failed.encode() in body
    assert reason in why


@pytest.mark.parametrize(
    "body", [b"no job", b"{}", b"\xff" * 1_000_000, b'{"version": 99}', b'{"version": 1, "job": {"id": "../x"}}']
)
async def test_a_message_that_is_no_job_is_a_dead_letter_and_the_next_job_runs(
    broker_url: str, blobs: Path, channel: AbstractChannel, events: Listener, body: bytes
) -> None:
    async with running_processor(broker_url, blobs.as_uri(), "count"):
        await send(channel, "count", body)
        await submit(channel, blobs, "count", b"x")
        await events.until("job.completed")
    [(dead, reason)] = await dead_letters(channel)
    assert dead == body
    assert "no job request" in reason


async def test_a_job_for_another_pipeline_is_a_dead_letter(
    broker_url: str, blobs: Path, channel: AbstractChannel
) -> None:
    job = Job(id=str(uuid7()), name="a", size=1, pipeline="elsewhere")
    async with running_processor(broker_url, blobs.as_uri(), "count"):
        await send(channel, "count", encode(JobRequest(job=job, accepted_at=datetime.now(UTC))))
        letters: list[tuple[bytes, Any]] = []

        async def arrived() -> bool:
            letters.extend(await dead_letters(channel))
            return bool(letters)

        await wait_until_async(arrived, 30)
    assert "elsewhere" in letters[0][1]


async def test_a_stage_with_retries_is_tried_again_after_a_pause(
    broker_url: str, blobs: Path, channel: AbstractChannel, events: Listener
) -> None:
    async with running_processor(broker_url, blobs.as_uri(), "flaky"):
        await submit(channel, blobs, "flaky", b"x")
        told = await events.until("job.completed", "job.failed")
    assert events.told() == [
        *("job.started", "stage.started", "stage.failed", "job.retrying"),
        *("job.started", "stage.started", "stage.completed", "job.completed"),
    ]
    again = [event for event in told if event.type == "job.started"][1]
    retrying = next(event for event in told if event.type == "job.retrying")
    assert again.data.attempt == 2
    assert again.time >= datetime.fromisoformat(retrying.data.model_dump(mode="json")["retry_at"]) - SLACK


SLACK = datetime.resolution * 500_000  # the broker's clock ticks behind ours: the TTL begins before `retry_at` is met


async def test_a_job_is_handed_back_at_the_end_and_taken_by_the_next_processor(
    broker_url: str, blobs: Path, channel: AbstractChannel, events: Listener
) -> None:
    async with running_processor(broker_url, blobs.as_uri(), "trouble", processor_grace_seconds=0.1):
        job_id = await submit(channel, blobs, "trouble", b"silent")
        await events.until("stage.progressed")
        stages = [child for child in psutil.Process().children(recursive=True) if is_stage(child)]
    assert stages
    assert not [child for child in stages if child.is_running() and child.status() != psutil.STATUS_ZOMBIE]
    (blobs / "jobs" / job_id / "source").write_bytes(b"nothing of the kind now")
    async with running_processor(broker_url, blobs.as_uri(), "trouble"):
        told = await events.until("job.completed")
    assert told[-1].data.attempt == 2


async def test_a_processor_that_cannot_work_says_so(
    broker_url: str, blobs: Path, channel: AbstractChannel, events: Listener, tmp_path: Path
) -> None:
    workdir = tmp_path / "work"
    workdir.mkdir()
    async with running_processor(broker_url, blobs.as_uri(), "count", processor_workdir=workdir):
        workdir.rmdir()
        await submit(channel, blobs, "count", b"x")
        told = await events.until("job.retrying")
    assert "the processor could not go on" in told[-1].data.model_dump()["reason"]
    assert events.told() == ["job.started", "stage.failed", "job.retrying"]


def is_stage(process: psutil.Process) -> bool:
    """A stage is forked from the fork server, and leads a process group of its own."""
    return "forkserver" in " ".join(process.cmdline()) and os.getpgid(process.pid) == process.pid


async def test_a_lost_connection_ends_the_attempt_and_the_job_comes_again(
    broker_url: str, blobs: Path, channel: AbstractChannel, events: Listener
) -> None:
    async with cuttable(broker_url) as (url, proxy), running_processor(url, blobs.as_uri(), "trouble"):
        job_id = await submit(channel, blobs, "trouble", b"silent")
        await events.until("stage.progressed")
        (blobs / "jobs" / job_id / "source").write_bytes(b"nothing of the kind now")
        proxy.cut()
        proxy.mend()
        told = await events.until("job.completed")
    assert told[-1].data.attempt == 2
    assert events.told().count("job.completed") == 1


async def test_jobs_run_side_by_side_and_one_that_dies_harms_no_other(
    broker_url: str, blobs: Path, channel: AbstractChannel, events: Listener
) -> None:
    contents = [b"raise", b"killed", b"fine", b"exit", b"fine", b"permanent"] * 2
    async with running_processor(broker_url, blobs.as_uri(), "trouble", processor_concurrency=4):
        jobs = {await submit(channel, blobs, "trouble", content): content for content in contents}
        await events.until("job.completed", "job.failed", count=len(contents))
    for job_id, content in jobs.items():
        assert events.told(job_id)[-1] == ("job.completed" if content == b"fine" else "job.failed")
