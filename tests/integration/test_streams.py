"""Streams, over HTTP, from a real broker."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

import aio_pika
import httpx
import pytest
from aio_pika.abc import AbstractChannel, AbstractConnection
from aio_pika.exceptions import ChannelNotFoundEntity
from aiormq.exceptions import ChannelLockedResource
from prometheus_client import CollectorRegistry, Counter
from pydantic import SecretStr

from contracts.events import Event, decode_event, encode
from contracts.topology import CLIENT_QUEUE_LENGTH, EVENT_TOPOLOGY, EVENTS, declare
from notifier.broker import CLIENTS_PER_CHANNEL, PREFETCH, ClientQueues
from notifier.frames import Format, Frames
from notifier.hub import Hub
from tests.ground import wait_until_async
from tests.proxy import cuttable
from tests.samples import one_of_each
from tests.services import answering, free_port, running_notifier


class Stream:
    """A client's view of an open stream."""

    def __init__(self, answer: httpx.Response) -> None:
        self.answer = answer
        self._chunks = answer.aiter_text()
        self._text = ""

    async def frame(self) -> str:
        """The next frame that is no comment or `retry`."""
        async with asyncio.timeout(30):
            while True:
                while "\n\n" not in self._text:
                    self._text += await anext(self._chunks)
                frame, _, self._text = self._text.partition("\n\n")
                if not frame.startswith((":", "retry:")):
                    return frame

    async def event(self) -> Event:
        data = [line.removeprefix("data: ") for line in (await self.frame()).splitlines() if line.startswith("data: ")]
        return decode_event("\n".join(data).encode())


@asynccontextmanager
async def listening(url: str, **query: str) -> AsyncIterator[Stream]:
    async with (
        httpx.AsyncClient(base_url=url, timeout=30) as client,
        client.stream("GET", "/events", params=query) as answer,
    ):
        assert answer.status_code == 200
        yield Stream(answer)


@pytest.fixture
async def notifier(broker_url: str, channel: AbstractChannel) -> AsyncIterator[str]:
    async with running_notifier(broker_url) as url:
        yield url


async def publish(channel: AbstractChannel, *bodies: bytes) -> None:
    await declare(channel, *EVENT_TOPOLOGY)
    exchange = await channel.get_exchange(EVENTS.name)
    for body in bodies:
        await exchange.publish(aio_pika.Message(body), "", mandatory=False)


async def figure(url: str, name: str) -> float:
    async with httpx.AsyncClient() as client:
        lines = (await client.get(f"{url}/metrics")).text.splitlines()
    return next(float(line.split()[1]) for line in lines if line.startswith(f"{name} "))


async def until_figure(url: str, name: str, value: float) -> None:
    async def reached() -> bool:
        return await figure(url, name) == value

    await wait_until_async(reached, 30, what=f"{name} {value}")


async def test_every_client_gets_every_event_in_order(notifier: str, channel: AbstractChannel) -> None:
    events = list(one_of_each().values())
    async with listening(notifier) as one, listening(notifier) as two:
        await publish(channel, *map(encode, events))
        for stream in (one, two):
            assert [await stream.event() for _ in events] == events


async def test_the_first_bytes_and_the_headers(notifier: str) -> None:
    async with listening(notifier) as stream:
        async with asyncio.timeout(30):
            assert (await anext(stream.answer.aiter_text())).startswith(": stagecast\n\nretry: ")
        headers = stream.answer.headers
    assert headers["content-type"] == "text/event-stream; charset=utf-8"
    assert headers["cache-control"] == "no-store, no-transform"
    assert headers["x-accel-buffering"] == "no"


async def test_a_hostile_name_stays_in_its_field(notifier: str, channel: AbstractChannel) -> None:
    name = "a\n\nevent: draining\nid: 7\ndata: b\r<img src=x onerror=alert(1)>"
    event = one_of_each(name)["job.completed"]
    async with listening(notifier) as json, listening(notifier, format="text") as text:
        await publish(channel, encode(event))
        assert (await json.frame()).splitlines() == [f"id: {event.id}", f"data: {encode(event).decode()}"]
        assert await text.frame() == (
            "data: file: a event: draining id: 7 data: b <img src=x onerror=alert(1)>: finished"
        )


async def test_the_text_of_a_job(notifier: str, channel: AbstractChannel) -> None:
    events = one_of_each("a.csv")
    async with listening(notifier, format="text") as stream:
        told = ("job.started", "stage.started", "stage.progressed", "stage.completed", "job.completed")
        await publish(channel, *(encode(events[kind]) for kind in told))
        assert [await stream.frame() for _ in range(4)] == [
            "data: file: a.csv: stage 2/5 identify: begin",
            "data: file: a.csv: stage 2/5 identify: 43 %",
            "data: file: a.csv: stage 2/5 identify: end",
            "data: file: a.csv: finished",
        ]


async def test_what_nobody_can_decode_is_skipped_and_counted(notifier: str, channel: AbstractChannel) -> None:
    fine = one_of_each()["job.queued"]
    async with listening(notifier) as one, listening(notifier) as two:
        await publish(channel, b"no event", b"\xff" * 100_000, encode(fine))
        assert await one.event() == await two.event() == fine
    assert await figure(notifier, "stagecast_notifier_events_skipped_total") == 2


async def test_a_client_that_goes_is_cleaned_up(notifier: str) -> None:
    async with listening(notifier), listening(notifier):
        await until_figure(notifier, "stagecast_notifier_streams", 2)
    await until_figure(notifier, "stagecast_notifier_streams", 0)


async def test_a_client_that_does_not_read_delays_nobody(notifier: str, channel: AbstractChannel) -> None:
    events = [one_of_each("x" * 50_000)["job.completed"] for _ in range(500)]
    async with listening(notifier), listening(notifier) as reading:
        await publish(channel, *map(encode, events))
        assert [(await reading.event()).id for _ in events] == [event.id for event in events]


async def test_a_quiet_stream_has_a_heartbeat(broker_url: str, channel: AbstractChannel) -> None:
    hub = Hub(heartbeat_seconds=0.02)
    with hub.subscribe(Format.JSON) as subscription:
        beating = asyncio.ensure_future(hub.keep_beating())
        for _ in range(3):
            assert [delivery.frame for delivery in await subscription.take()] == [b":\n\n"]
        beating.cancel()


@pytest.fixture
async def queues(broker_url: str, channel: AbstractChannel) -> AsyncIterator[tuple[Hub, ClientQueues]]:
    hub = Hub()
    frames = Frames(Counter("skipped", "…", registry=CollectorRegistry()))
    queues = ClientQueues(SecretStr(broker_url), hub, frames, instance="test")
    connecting = asyncio.ensure_future(queues.run())
    await wait_until_async(lambda: not queues.fault(), 30)
    yield hub, queues
    connecting.cancel()
    await asyncio.wait({connecting})


async def exists(connection: AbstractConnection, queue: str) -> bool:
    """Another connection sees an exclusive queue as locked."""
    async with connection.channel() as channel:
        try:
            await channel.declare_queue(queue, passive=True)
        except ChannelLockedResource:
            return True
        except ChannelNotFoundEntity:
            return False
    raise AssertionError(f"{queue} is not exclusive")


async def test_each_client_has_a_queue_of_its_own_for_as_long_as_it_stays(
    connection: AbstractConnection, queues: tuple[Hub, ClientQueues]
) -> None:
    hub, transport = queues
    with hub.subscribe(Format.JSON) as one, hub.subscribe(Format.JSON) as two:
        async with transport.attached(one):
            async with transport.attached(two):
                assert await exists(connection, "client.test.1")
                assert await exists(connection, "client.test.2")
            assert await exists(connection, "client.test.1")
            assert not await exists(connection, "client.test.2")
    assert not await exists(connection, "client.test.1")


async def test_a_client_that_takes_nothing_costs_bounded_memory_and_a_bounded_queue(
    channel: AbstractChannel, queues: tuple[Hub, ClientQueues]
) -> None:
    hub, transport = queues
    sent = CLIENT_QUEUE_LENGTH + 10 * PREFETCH
    events = [one_of_each(str(number))["job.completed"] for number in range(sent)]
    with hub.subscribe(Format.TEXT) as subscription:
        async with transport.attached(subscription):
            await publish(channel, *map(encode, events))
            taken = await subscription.take()
            assert len(taken) == PREFETCH
            lines = [delivery.frame.decode() for delivery in taken]
            while not any(f"file: {sent - 1}:" in line for line in lines):
                for delivery in taken:
                    delivery.settle()
                taken = await subscription.take()
                lines += [delivery.frame.decode() for delivery in taken]
    assert len(lines) <= CLIENT_QUEUE_LENGTH + PREFETCH
    numbers = [int(line.split(":")[2]) for line in lines]
    assert numbers == sorted(set(numbers))


async def test_streams_end_with_a_farewell(broker_url: str, channel: AbstractChannel) -> None:
    async with running_notifier(broker_url) as url:
        stack = listening(url)
        stream = await stack.__aenter__()
    frame = await stream.frame()
    assert frame.splitlines()[0] == "event: draining"
    with pytest.raises(StopAsyncIteration):
        await stream.frame()
    await stack.__aexit__(None, None, None)


async def until_not_ready(url: str) -> None:
    async with httpx.AsyncClient() as client:

        async def unready() -> bool:
            return (await client.get(f"{url}/readyz")).status_code == 503

        await wait_until_async(unready, 30)


async def test_streams_outlive_a_lost_broker(broker_url: str, channel: AbstractChannel) -> None:
    async with cuttable(broker_url) as (url, proxy), running_notifier(url) as base, listening(base) as stream:
        before, after = one_of_each("before")["job.queued"], one_of_each("after")["job.queued"]
        await publish(channel, encode(before))
        assert await stream.event() == before
        proxy.cut()
        await until_not_ready(base)
        proxy.mend()
        await answering(f"{base}/readyz")
        await publish(channel, encode(after))
        assert await stream.event() == after


async def test_no_stream_is_opened_onto_nothing() -> None:
    async with (
        running_notifier(f"amqp://guest:guest@127.0.0.1:{free_port()}/", ready=False) as url,
        httpx.AsyncClient(base_url=url) as client,
    ):
        answer = await client.get("/events")
        assert answer.status_code == 503
        assert int(answer.headers["retry-after"]) > 0
        assert answer.headers["content-type"] == "application/problem+json"
        assert (await client.get("/readyz")).status_code == 503
        assert (await client.get("/livez")).status_code == 200


async def test_who_may_read(notifier: str) -> None:
    async with httpx.AsyncClient(base_url=notifier) as client:
        page = await client.head("/events", headers={"Origin": "http://localhost:8000"})
        assert page.headers["access-control-allow-origin"] == "http://localhost:8000"
        assert "Origin" in page.headers["vary"]
        stranger = await client.head("/events", headers={"Origin": "http://evil.example"})
        assert "access-control-allow-origin" not in stranger.headers


async def test_wrong_questions(notifier: str) -> None:
    async with httpx.AsyncClient(base_url=notifier) as client:
        answer = await client.get("/events", params={"format": "xml"})
        assert answer.status_code == 400
        assert "`json`" in answer.json()["detail"]
        assert (await client.post("/events")).status_code == 405
        assert (await client.head("/events")).headers["content-type"].startswith("text/event-stream")


async def test_many_clients_at_once_share_few_channels_and_get_each_event_once(
    channel: AbstractChannel, queues: tuple[Hub, ClientQueues]
) -> None:
    hub, transport = queues
    event = one_of_each()["job.completed"]
    async with AsyncExitStack() as stack:
        subscriptions = [stack.enter_context(hub.subscribe(Format.JSON)) for _ in range(2 * CLIENTS_PER_CHANNEL + 1)]
        await asyncio.gather(*(stack.enter_async_context(transport.attached(each)) for each in subscriptions))
        assert len(transport._channels) == 3
        await publish(channel, encode(event), encode(event))
        for subscription in subscriptions:
            taken: list[bytes] = []
            while len(taken) < 2:
                taken += [delivery.frame for delivery in await subscription.take()]
            assert len(taken) == 2
