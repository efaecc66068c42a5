"""Streams outlive the broker and its log."""

import json
from typing import Any

import httpx
from aio_pika.abc import AbstractChannel
from uuid_utils import uuid7

from contracts.events import encode
from contracts.topology import EVENT_LOG
from tests.ground import wait_until_async
from tests.integration.streams.conftest import Start
from tests.proxy import cuttable
from tests.samples import a_story, one_of_each
from tests.services import answering, free_port
from tests.streams import hear, listening, publish


async def until_not_ready(url: str) -> None:
    async with httpx.AsyncClient() as client:

        async def unready() -> bool:
            return (await client.get(f"{url}/readyz")).status_code == 503

        await wait_until_async(unready, 30)


async def test_streams_outlive_a_lost_broker_and_are_whole_again(
    start: Start, broker_url: str, channel: AbstractChannel
) -> None:
    before, during, after = (one_of_each(name, job_id=str(uuid7()))["job.queued"] for name in ("a", "b", "c"))
    async with (
        cuttable(broker_url) as (url, proxy),
        start(url, notifier_heartbeat_seconds=0.05) as base,
        listening(base) as stream,
    ):
        await publish(channel, before)
        assert await stream.event() == before
        proxy.cut()
        await until_not_ready(base)
        await publish(channel, during)
        await stream.comment("broker is away")
        proxy.mend()
        await answering(f"{base}/readyz")
        await publish(channel, after)
        await hear(stream, [during, after])


async def test_a_log_made_anew_under_open_streams(start: Start, broker_url: str, channel: AbstractChannel) -> None:
    async with cuttable(broker_url) as (url, proxy), start(url) as base, listening(base) as stream:
        await publish(channel, *a_story())
        await stream.events(len(a_story()))
        proxy.cut()
        await until_not_ready(base)
        await channel.queue_delete(EVENT_LOG.name)
        later = one_of_each(job_id=str(uuid7()))["job.queued"]
        await publish(channel, later)
        proxy.mend()
        snapshots: list[dict[str, Any]] = []
        while not any(later.subject in json.dumps(snapshot) for snapshot in snapshots):
            frame = await stream.frame()
            if frame.event == "snapshot":
                snapshots.append(json.loads(frame.data))
            elif frame.data == encode(later).decode():
                break
        assert snapshots[0]["reason"] == "log-remade"


async def test_a_deleted_log_is_noticed(start: Start, channel: AbstractChannel) -> None:
    async with start() as url, listening(url) as stream:
        await stream.snapshot()
        await channel.queue_delete(EVENT_LOG.name)
        assert (await stream.snapshot())["reason"] == "log-remade"
        event = one_of_each()["job.queued"]
        await publish(channel, event)
        assert await stream.event() == event


async def test_no_stream_is_opened_onto_nothing(start: Start) -> None:
    nowhere = f"amqp://guest:guest@127.0.0.1:{free_port()}/"
    async with start(nowhere, ready=False) as url, httpx.AsyncClient(base_url=url) as client:
        answer = await client.get("/events")
        assert answer.status_code == 503
        assert int(answer.headers["retry-after"]) > 0
        assert answer.headers["content-type"] == "application/problem+json"
        assert (await client.get("/readyz")).status_code == 503
        assert (await client.get("/livez")).status_code == 200
