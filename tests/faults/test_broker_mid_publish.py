"""The broker stops, or is killed, while jobs and events are being published by the hundred.

Pass rule: every upload that was answered with 202 ends exactly once as completed, whatever was in the air; the history
holds each job's story without a hole, and what is in it twice is the same event.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from itertools import pairwise
from pathlib import Path

import aio_pika
import httpx
import pytest

from contracts.events import Event
from tests.faults.processes import Broker, Processors, a_broker
from tests.ground import wait_until_async
from tests.integration.conftest import Listener
from tests.services import running_gateway

SENDERS, UPLOADS = 4, 60


@pytest.fixture
def broker(rabbitmq: None, tmp_path: Path) -> Iterator[Broker]:
    with a_broker(tmp_path / "broker") as broker:
        yield broker


@pytest.fixture
async def gateway(broker: Broker, blobs: Path) -> AsyncIterator[httpx.AsyncClient]:
    async with (
        running_gateway(broker.url, blobs.as_uri()) as url,
        httpx.AsyncClient(base_url=url, timeout=60, params={"pipeline": "count"}) as client,
    ):
        yield client


async def upload_until_taken(gateway: httpx.AsyncClient) -> str:
    """As a client that is told to come again does."""
    answer: list[httpx.Response] = []

    async def is_taken() -> bool:
        answer[:] = [await gateway.put("/upload/a.txt", content=b"x" * 100_000)]
        return answer[0].status_code == 202

    await wait_until_async(is_taken, 90, what="a gateway that takes files")
    return str(answer[0].json()["jobs"][0]["id"])


async def keep_uploading(gateway: httpx.AsyncClient, accepted: list[str]) -> None:
    while len(accepted) < UPLOADS:
        job_id = await upload_until_taken(gateway)
        accepted.append(job_id)


@pytest.mark.parametrize("end", [Broker.stop, Broker.kill])
async def test_a_broker_that_goes_while_all_speak(
    broker: Broker, gateway: httpx.AsyncClient, blobs: Path, end: Callable[[Broker], None]
) -> None:
    processors = Processors(broker.url, blobs.as_uri())
    accepted: list[str] = []
    try:
        await processors.start("count")
        await broker.remember("jobs.count")
        async with asyncio.TaskGroup() as tasks:
            senders = [tasks.create_task(keep_uploading(gateway, accepted)) for _ in range(SENDERS)]
            await wait_until_async(lambda: len(ended(blobs)) >= SENDERS, 60, what="jobs that have ended")
            assert not any(sender.done() for sender in senders)
            await asyncio.to_thread(end, broker)
            await asyncio.to_thread(broker.start)
        async with await aio_pika.connect(broker.url) as connection, connection.channel() as channel:
            events = await Listener.from_the_log(channel)
            ends = await all_have_ended(events, accepted)
    finally:
        processors.close()
    assert {ends[job_id].type for job_id in accepted} == {"job.completed"}
    assert {end.type for end in ends.values()} <= {"job.completed", "job.failed"}
    for job_id in accepted:
        check([event for event in events.heard if event.subject == job_id])


async def all_have_ended(events: Listener, job_ids: list[str]) -> dict[str, Event]:
    count = len(job_ids)
    while True:
        ends = await events.until_ended(count, seconds=60)
        if (missing := set(job_ids) - ends.keys()) == set():
            return ends
        count += len(missing)


def check(story: list[Event]) -> None:
    """Its events, told once or repeated as they were, are numbered without a hole from the first to the last."""
    by_place = {(event.data.attempt, event.data.sequence): event for event in story}
    assert {event.id for event in by_place.values()} == {event.id for event in story}
    places = [place for place in sorted(by_place) if place != (1, 0)]  # the gateway says `queued` once, unconfirmed
    assert places[0][1] == 1  # an attempt that the broker's end stopped before its first word has told nothing
    for (attempt, number), following in pairwise(places):
        assert following == (attempt, number + 1) or (following[0] > attempt and following[1] == 1)


def ended(blobs: Path) -> list[Path]:
    return [path for path in blobs.glob("jobs/*/job.json") if b'"state":"completed"' in path.read_bytes()]
