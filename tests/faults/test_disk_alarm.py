"""The broker's disk is full: it takes no message, and still gives out those that it has.

Pass rule: uploads are refused with 503 and may come again under their key; what runs goes on, what waits is given out;
afterwards every job that was accepted is completed once, and one that was refused and came through after all says so.
"""

import asyncio
from collections.abc import AsyncIterator, Mapping
from pathlib import Path

import aio_pika
import httpx
import pytest

from contracts.topology import DEAD_JOBS, JOBS, declare, job_queue
from tests.faults.processes import Broker, Processors
from tests.faults.test_queue_deleted import wake_up
from tests.ground import wait_until_async
from tests.integration.conftest import Listener
from tests.integration.test_uploads import refused
from tests.services import running_gateway

KEY = {"Idempotency-Key": "8e03978e-40d5-43dd-bc93-6894a57f9324"}


@pytest.fixture
async def gateway(broker: Broker, blobs: Path) -> AsyncIterator[httpx.AsyncClient]:
    async with await aio_pika.connect(broker.url) as connection, connection.channel() as channel:
        await declare(channel, JOBS, DEAD_JOBS, job_queue("naps"))
    async with (
        running_gateway(broker.url, blobs.as_uri()) as url,
        httpx.AsyncClient(base_url=url, timeout=60, params={"pipeline": "naps"}) as client,
    ):
        yield client


async def test_a_full_disk_of_the_broker(broker: Broker, gateway: httpx.AsyncClient, blobs: Path) -> None:
    processors = Processors(broker.url, blobs.as_uri())
    try:
        async with await aio_pika.connect(broker.url) as connection, connection.channel() as channel:
            events = await Listener.on(channel)
            await processors.start("naps", processor_concurrency="1")
            jobs = running, waiting, unwanted = [await upload(gateway) for _ in range(3)]
            await events.until("stage.started")
            with broker.full_disk():
                await all_are_refused(gateway, unwanted)
                await processors.start("naps", processor_concurrency="1")
                await wait_until_async((blobs / "jobs" / waiting / "attempts" / "1").exists, 30, what="what waits")
                for job_id in jobs:
                    wake_up(blobs, job_id)
                slept = blobs / "jobs" / running / "artifacts" / "slept.txt"
                await wait_until_async(slept.exists, 30, what="what runs")
            after = [await upload(gateway, KEY), await upload(gateway)]
            for job_id in after:
                wake_up(blobs, job_id)
            await again(gateway, f"/jobs/{unwanted}/cancel")
            ends = await events.until_ended(6)
    finally:
        processors.close()
    assert {ends.pop(job_id).type for job_id in (running, waiting, *after)} == {"job.completed"}
    assert ends.pop(unwanted).type == "job.cancelled"
    [came_through] = ends.values()
    assert "not in the store" in came_through.data.model_dump()["reason"]
    assert {event.data.attempt for event in events.heard} == {1}


async def all_are_refused(gateway: httpx.AsyncClient, unwanted: str) -> None:
    """The first two are on their way to the broker when it no longer reads; the others are not even begun."""
    under_a_key, without = await asyncio.gather(send(gateway, KEY), send(gateway))
    refused(under_a_key, 503, "same Idempotency-Key")
    refused(without, 503, "nothing was kept")
    cancelling = gateway.post(f"/jobs/{unwanted}/cancel")
    for answer in await asyncio.gather(send(gateway), send(gateway), cancelling):
        refused(answer, 503, "the message broker does not answer")
        assert int(answer.headers["retry-after"]) > 0


async def send(gateway: httpx.AsyncClient, headers: Mapping[str, str] | None = None) -> httpx.Response:
    return await gateway.put("/upload/a.txt", content=b"x", headers=headers)


async def upload(gateway: httpx.AsyncClient, headers: Mapping[str, str] | None = None) -> str:
    """A job's id, as soon as it is taken."""
    return str((await again(gateway, "/upload/a.txt", method="PUT", headers=headers)).json()["jobs"][0]["id"])


async def again(
    gateway: httpx.AsyncClient, path: str, *, method: str = "POST", headers: Mapping[str, str] | None = None
) -> httpx.Response:
    """What a client does that is told to come again."""
    answers: list[httpx.Response] = []

    async def is_taken() -> bool:
        answers.append(await gateway.request(method, path, content=b"x", headers=headers))
        return answers[-1].status_code == 202

    await wait_until_async(is_taken, 60, what=f"the answer 202 from {path}")
    return answers[-1]
