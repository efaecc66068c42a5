"""Whatever happens in whatever order: no client misses an event without a snapshot after it, none sees a job go
backwards, and all end in the same state. Two notifiers, two processors that publish at once, a real broker."""

import asyncio
from collections.abc import Iterator
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass, field
from functools import partial
from itertools import chain
from typing import Any

import aio_pika
import httpx
import pytest
from aio_pika.abc import AbstractChannel
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from uuid_utils import uuid7

from contracts.events import Event
from notifier.settings import FanOutKind
from tests.ground import wait_until_async
from tests.integration.conftest import clear
from tests.samples import a_story
from tests.services import running_notifier
from tests.streams import Story, Stream, listening, publish

NOTIFIERS, PROCESSORS, CLIENTS = 2, 2, 3

STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("publish"), st.lists(st.integers(1, 6), min_size=PROCESSORS, max_size=PROCESSORS)),
        st.tuples(st.just("connect"), st.tuples(st.integers(0, CLIENTS - 1), st.integers(0, NOTIFIERS - 1))),
        st.tuples(st.just("disconnect"), st.integers(0, CLIENTS - 1)),
        st.tuples(st.just("go and come"), st.tuples(st.integers(0, CLIENTS - 1), st.integers(0, NOTIFIERS - 1))),
        st.tuples(st.just("restart"), st.integers(0, NOTIFIERS - 1)),
    ),
    min_size=4,
    max_size=14,
)


class Client:
    """It reads as long as it is connected, and comes back with the cursor that it has."""

    def __init__(self) -> None:
        self.story = Story()
        self.cursor = ""
        self._reading: asyncio.Task[None] | None = None

    @property
    def is_connected(self) -> bool:
        return self._reading is not None and not self._reading.done()

    async def connect(self, url: str) -> None:
        """Returns when it has a cursor: what is published from here on, it may not miss."""
        await self.disconnect()
        self._reading = asyncio.ensure_future(self._read(url))
        await wait_until_async(lambda: self.cursor, 20)

    async def disconnect(self) -> None:
        if self._reading is not None:
            self._reading.cancel()
            with suppress(asyncio.CancelledError, httpx.HTTPError):
                await self._reading

    async def _read(self, url: str) -> None:
        async with listening(url, last_event_id=self.cursor) as stream:
            with suppress(StopAsyncIteration, httpx.HTTPError):
                while True:
                    await self._take(stream)

    async def _take(self, stream: Stream) -> None:
        frame = await stream.frame()
        self.story.take(frame)
        self.cursor = frame.last_event_id


def endless_stories() -> Iterator[Event]:
    """One job after the other, each with an attempt that is broken off and one that ends."""
    while True:
        job_id = str(uuid7())
        yield from a_story(job_id, progress=4, ends="never")
        yield from a_story(job_id, progress=2, attempt=2)


@dataclass
class World:
    """Everything that takes part."""

    broker_url: str
    channels: list[AbstractChannel]
    more: dict[str, Any]
    stack: AsyncExitStack
    urls: list[str] = field(default_factory=list)
    ends: list[AsyncExitStack] = field(default_factory=list)
    clients: list[Client] = field(default_factory=lambda: [Client() for _ in range(CLIENTS)])
    published: list[Event] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._stories = [endless_stories() for _ in range(PROCESSORS)]

    async def start(self, number: int) -> None:
        end = await self.stack.enter_async_context(AsyncExitStack())
        self.urls[number : number + 1] = [await end.enter_async_context(running_notifier(self.broker_url, **self.more))]
        self.ends[number : number + 1] = [end]

    async def do(self, step: str, what: Any) -> None:
        match step, what:
            case "publish", counts:
                told = [[next(story) for _ in range(n)] for story, n in zip(self._stories, counts, strict=True)]
                await asyncio.gather(*(publish(ch, *events) for ch, events in zip(self.channels, told, strict=True)))
                self.published += chain.from_iterable(told)
            case "connect", (client, notifier):
                await self.clients[client].connect(self.urls[notifier])
            case "disconnect", client:
                await self.clients[client].disconnect()
            case "go and come", (client, notifier):
                await self.clients[client].disconnect()
                await self.do("publish", [2] * PROCESSORS)
                await self.clients[client].connect(self.urls[notifier])
            case "restart", notifier:
                await self.ends[notifier].aclose()
                await self.start(notifier)

    async def settle(self) -> None:
        """Everybody comes back, and is told what there is to tell."""
        wanted = Story()
        for event in self.published:
            wanted.learn(event)
        for client in self.clients:
            if not client.is_connected:
                await client.connect(self.urls[0])
            await wait_until_async(partial(_agree, client.story, wanted), 20)
            assert client.story.missed(self.published) == []
            await client.disconnect()


def _agree(one: Story, other: Story) -> bool:
    return one.states() == other.states()


async def play(broker_url: str, steps: list[tuple[str, Any]], **settings: Any) -> None:
    async with AsyncExitStack() as stack:
        connections = [await stack.enter_async_context(await aio_pika.connect(broker_url)) for _ in range(PROCESSORS)]
        await clear(connections[0])
        channels: list[AbstractChannel] = [await connection.channel() for connection in connections]
        world = World(broker_url, channels, settings, stack)
        for number in range(NOTIFIERS):
            await world.start(number)
        for step, what in steps:
            await world.do(step, what)
        await world.settle()


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> str:
    return tmp_path_factory.mktemp("blobs").as_uri()


@pytest.mark.parametrize("fan_out", list(FanOutKind), ids=list(FanOutKind))
# Without shrinking: an example takes a second, and what it printed is short.
@settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck), phases=[Phase.reuse, Phase.generate])
@given(steps=STEPS)
def test_all_end_in_the_same_state(
    broker_url: str, store: str, fan_out: FanOutKind, steps: list[tuple[str, Any]]
) -> None:
    asyncio.run(play(broker_url, steps, notifier_fanout=fan_out, store_url=store))
