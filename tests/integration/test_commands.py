"""Jobs are ended and tried again by command: a real gateway, a real processor, a real broker between them."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import psutil
import pytest
from aio_pika.abc import AbstractChannel

from contracts.control import Cancellation, decode_cancellation
from contracts.events import encode
from contracts.topology import DEAD_JOBS, JOBS, declare, job_queue
from gateway.commands import PATIENCE
from tests.ground import wait_until_async
from tests.integration.conftest import Listener
from tests.integration.test_processor import waiting
from tests.integration.test_uploads import refused
from tests.services import running_gateway, running_processor

UNKNOWN = "/jobs/01a20bbc-0000-7000-8000-000000000000"


@pytest.fixture
async def gateway(broker_url: str, blobs: Path, channel: AbstractChannel) -> AsyncIterator[httpx.AsyncClient]:
    await declare(channel, JOBS, DEAD_JOBS, *map(job_queue, ("steps", "flaky", "count")))
    async with (
        running_gateway(broker_url, blobs.as_uri()) as url,
        httpx.AsyncClient(base_url=url, timeout=30) as client,
    ):
        yield client


async def upload(gateway: httpx.AsyncClient, pipeline: str, content: bytes) -> str:
    """A job's path."""
    answer = await gateway.post("/upload", files={"file": ("a.txt", content)}, params={"pipeline": pipeline})
    assert answer.status_code == 202, answer.text
    return str(answer.headers["location"])


async def command(gateway: httpx.AsyncClient, path: str) -> Any:
    answer = await gateway.post(path)
    assert answer.status_code == 202, answer.text
    return answer.json()


async def is_empty(channel: AbstractChannel, pipeline: str) -> bool:
    return await waiting(channel, pipeline) == 0


async def test_a_job_that_waits_is_cancelled_and_never_runs(
    gateway: httpx.AsyncClient, broker_url: str, blobs: Path, channel: AbstractChannel, events: Listener
) -> None:
    job = await upload(gateway, "count", b"x")
    told = await command(gateway, f"{job}/cancel")
    assert (told["state"], told["links"]["retry"]) == ("cancelled", f"{job}/retry")
    await events.until("job.cancelled")
    async with running_processor(broker_url, blobs.as_uri(), "count"):
        await upload(gateway, "count", b"x")
        await events.until("job.completed")
        await wait_until_async(lambda: is_empty(channel, "count"), 30)
    assert events.told(job.rpartition("/")[-1])[:2] == ["job.queued", "job.cancelled"]
    assert "job.started" not in events.told(job.rpartition("/")[-1])
    assert (await gateway.get(job)).json()["state"] == "cancelled"


async def test_a_running_job_is_cancelled_with_all_that_it_started(
    gateway: httpx.AsyncClient, broker_url: str, blobs: Path, events: Listener
) -> None:
    async with running_processor(broker_url, blobs.as_uri(), "steps"):
        job = await upload(gateway, "steps", b"sleep")
        child = blobs / job.strip("/") / "artifacts" / "child.txt"
        await wait_until_async(child.exists, 30)
        process = psutil.Process(int(child.read_text()))
        assert (await command(gateway, f"{job}/cancel"))["state"] == "running"
        await events.until("job.cancelled")
        await wait_until_async(lambda: not process.is_running() or process.status() == psutil.STATUS_ZOMBIE, 30)
    record = (await gateway.get(job)).json()
    assert [stage["state"] for stage in record["stages"]] == ["completed", "cancelled", "pending"]
    listed = (await gateway.get(f"{job}/artifacts")).json()["artifacts"]
    assert [artifact["name"] for artifact in listed] == ["runs.txt"]


async def test_a_job_that_waits_for_a_retry_is_cancelled_and_its_retry_comes_to_nothing(
    gateway: httpx.AsyncClient, broker_url: str, blobs: Path, channel: AbstractChannel, events: Listener
) -> None:
    async with running_processor(broker_url, blobs.as_uri(), "flaky"):
        job = await upload(gateway, "flaky", b"x")
        await events.until("job.retrying")
        assert (await command(gateway, f"{job}/cancel"))["state"] == "cancelled"
        await events.until("job.cancelled")
        await events.until("job.cancelled", count=2)  # its message came up, and was answered with the outcome
        await wait_until_async(lambda: is_empty(channel, "flaky"), 30)
    assert events.told().count("job.started") == 1
    first, again = (event for event in events.heard if event.type == "job.cancelled")
    assert first == again


async def test_a_job_whose_processor_is_away_is_cancelled_by_the_next_one(
    gateway: httpx.AsyncClient, broker_url: str, blobs: Path, events: Listener
) -> None:
    async with running_processor(broker_url, blobs.as_uri(), "steps", processor_grace_seconds=0) as url:
        job = await upload(gateway, "steps", b"sleep")
        await wait_until_async((blobs / job.strip("/") / "artifacts" / "child.txt").exists, 30)
        assert url
    record = blobs / job.strip("/") / "job.json"
    record.write_text(record.read_text().replace('"state":"retrying"', '"state":"running"'))
    assert (await command(gateway, f"{job}/cancel"))["state"] == "running"
    async with running_processor(broker_url, blobs.as_uri(), "steps"):
        await events.until("job.cancelled")
    assert events.told().count("stage.started") == 2


async def leave_running(gateway: httpx.AsyncClient, broker_url: str, blobs: Path) -> str:
    """A job whose processor died in its second stage, asked to end before it was looked for last."""
    async with running_processor(broker_url, blobs.as_uri(), "steps", processor_grace_seconds=0):
        job = await upload(gateway, "steps", b"sleep")
        await wait_until_async((blobs / job.strip("/") / "artifacts" / "child.txt").exists, 30)
    record = blobs / job.strip("/") / "job.json"
    record.write_text(record.read_text().replace('"state":"retrying"', '"state":"running"'))
    assert (await command(gateway, f"{job}/cancel"))["state"] == "running"
    assert (await command(gateway, f"{job}/cancel"))["state"] == "running"
    mark = blobs / job.strip("/") / "cancelled.json"
    asked_at = decode_cancellation(mark.read_bytes()).asked_at
    mark.write_bytes(encode(Cancellation(asked_at=asked_at - PATIENCE)))
    return job


async def test_a_running_job_that_nobody_has_is_cancelled_when_it_is_asked_for_again_and_goes_on_by_hand(
    gateway: httpx.AsyncClient, broker_url: str, blobs: Path, channel: AbstractChannel, events: Listener
) -> None:
    job = await leave_running(gateway, broker_url, blobs)
    await (await channel.get_queue("jobs.steps", ensure=False)).purge()  # as when a broker loses its data
    assert (await command(gateway, f"{job}/cancel"))["state"] == "cancelled"
    await events.until("job.cancelled")
    listed = (await gateway.get(f"{job}/artifacts")).json()["artifacts"]
    assert [artifact["name"] for artifact in listed] == ["runs.txt"]
    await command(gateway, f"{job}/retry")
    (blobs / job.strip("/") / "artifacts" / "moment.txt").write_text("right")
    async with running_processor(broker_url, blobs.as_uri(), "steps"):
        await events.until("job.completed")
    record = (await gateway.get(job)).json()
    assert record["facts"]["conclude"]["runs"] == 1
    assert [stage["attempt"] for stage in record["stages"]] == [1, 3, 3]


async def test_a_job_whose_processor_is_away_for_long_is_cancelled_and_its_message_comes_to_nothing(
    gateway: httpx.AsyncClient, broker_url: str, blobs: Path, channel: AbstractChannel, events: Listener
) -> None:
    job = await leave_running(gateway, broker_url, blobs)
    assert (await command(gateway, f"{job}/cancel"))["state"] == "cancelled"
    async with running_processor(broker_url, blobs.as_uri(), "steps"):
        await wait_until_async(lambda: is_empty(channel, "steps"), 30)
    await events.until("job.cancelled", count=2)
    assert events.told().count("job.started") == 1
    first, again = (event for event in events.heard if event.type == "job.cancelled")
    assert first == again


async def test_cancelling_again_changes_nothing_and_what_is_over_cannot_be_cancelled(
    gateway: httpx.AsyncClient, broker_url: str, blobs: Path, events: Listener
) -> None:
    job = await upload(gateway, "steps", b"x")
    first = await command(gateway, f"{job}/cancel")
    assert await command(gateway, f"{job}/cancel") == first
    async with running_processor(broker_url, blobs.as_uri(), "count"):
        job = await upload(gateway, "count", b"x")
        await events.until("job.completed")
    refused(await gateway.post(f"{job}/cancel"), 409, "completed")
    refused(await gateway.post(f"{job}/retry"), 409, "completed")
    refused(await gateway.post(f"{UNKNOWN}/cancel"), 404, "no such job")
    refused(await gateway.post(f"{UNKNOWN}/retry"), 404, "no such job")
    refused(await gateway.post("/jobs/x/cancel"), 404, "no job's id")


async def test_a_failed_job_is_tried_again_from_the_stage_that_failed(
    gateway: httpx.AsyncClient, broker_url: str, blobs: Path, events: Listener
) -> None:
    async with running_processor(broker_url, blobs.as_uri(), "steps"):
        job = await upload(gateway, "steps", b"wrong")
        await events.until("job.failed")
    async with running_processor(broker_url, blobs.as_uri(), "steps"):  # another one: the first is gone
        (blobs / job.strip("/") / "artifacts" / "moment.txt").write_text("right")
        queued = await command(gateway, f"{job}/retry")
        assert (queued["state"], queued["attempt"]) == ("queued", 2)
        await events.until("job.completed")
    assert events.told() == [
        *("job.queued", "job.started", "stage.started", "stage.completed", "stage.started", "stage.failed"),
        *("job.failed", "job.queued", "job.started"),
        *("stage.started", "stage.completed", "stage.started", "stage.completed", "job.completed"),
    ]
    record = (await gateway.get(job)).json()
    assert [stage["attempt"] for stage in record["stages"]] == [1, 2, 2]
    assert record["facts"]["conclude"] == {"seen": 5, "runs": 1}


async def test_a_cancelled_job_is_tried_again_and_its_old_message_comes_to_nothing(
    gateway: httpx.AsyncClient, broker_url: str, blobs: Path, channel: AbstractChannel, events: Listener
) -> None:
    job = await upload(gateway, "count", b"x")
    await command(gateway, f"{job}/cancel")
    refused(await gateway.post(f"{await upload(gateway, 'steps', b'x')}/retry"), 409, "queued")
    first, second = await command(gateway, f"{job}/retry"), await command(gateway, f"{job}/retry")
    assert (first["attempt"], second["attempt"]) == (2, 2)
    assert await waiting(channel, "count") == 3
    async with running_processor(broker_url, blobs.as_uri(), "count"):
        await events.until("job.completed")
        await wait_until_async(lambda: is_empty(channel, "count"), 30)
    assert events.told(job.rpartition("/")[-1]).count("job.started") == 1


async def test_commands_without_a_broker_are_refused_and_go_on_later(
    broker_url: str, gateway: httpx.AsyncClient, blobs: Path, events: Listener
) -> None:
    job = await upload(gateway, "count", b"x")
    away = "amqp://guest:guest@127.0.0.1:9/"
    async with running_gateway(away, blobs.as_uri(), ready=False) as url, httpx.AsyncClient(base_url=url) as lonely:
        refused(await lonely.post(f"{job}/cancel"), 503, "broker")
    assert (await command(gateway, f"{job}/cancel"))["state"] == "cancelled"
    async with running_gateway(away, blobs.as_uri(), ready=False) as url, httpx.AsyncClient(base_url=url) as lonely:
        refused(await lonely.post(f"{job}/retry"), 503, "broker")
    assert (await command(gateway, f"{job}/retry"))["state"] == "queued"
    async with running_processor(broker_url, blobs.as_uri(), "count"):
        await events.until("job.completed")
