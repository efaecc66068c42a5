"""Over a real broker, whose shared queues and exchanges are removed before each test."""

import asyncio
import itertools
from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path

import aio_pika
import pytest
from aio_pika.abc import AbstractChannel, AbstractConnection, AbstractIncomingMessage

from contracts.events import Event, decode_event
from contracts.topology import (
    DEAD_JOBS,
    EVENT_LOG,
    EVENT_TOPOLOGY,
    EVENTS,
    EVENTS_BY_JOB,
    JOBS,
    declare,
    job_queue,
    retry_queue,
)
from processor.verdict import DELAYS, SLICES

PIPELINES = (
    *("inspect", "count", "trouble", "slow", "flaky", "steps"),
    *("brief", "naps", "dice", "eat", "rogue", "installed"),
)
ENDS = ("job.completed", "job.failed", "job.cancelled")


@pytest.fixture
async def connection(broker_url: str) -> AsyncIterator[AbstractConnection]:
    async with await aio_pika.connect(broker_url) as connection:
        await clear(connection)
        yield connection


@pytest.fixture
async def channel(connection: AbstractConnection) -> AsyncIterator[AbstractChannel]:
    async with connection.channel(on_return_raises=True) as channel:
        yield channel


@pytest.fixture
async def inspect_queue(channel: AbstractChannel) -> str:
    """As if a processor had offered `inspect`, and was busy."""
    await declare(channel, JOBS, DEAD_JOBS, job_queue("inspect"))
    return job_queue("inspect").name


@pytest.fixture
def blobs(tmp_path: Path) -> Path:
    folder = tmp_path / "blobs"
    folder.mkdir()
    return folder


@pytest.fixture
async def events(channel: AbstractChannel) -> "Listener":
    """Everything that is told from now on."""
    return await Listener.on(channel)


class Listener:
    """A client of the fanout exchange."""

    def __init__(self) -> None:
        self._arrived: asyncio.Queue[Event] = asyncio.Queue()
        self.heard: list[Event] = []

    @classmethod
    async def on(cls, channel: AbstractChannel) -> "Listener":
        listener = cls()
        await declare(channel, *EVENT_TOPOLOGY)
        queue = await channel.declare_queue(exclusive=True, auto_delete=True)
        await queue.bind(EVENTS.name)
        await queue.consume(listener._receive, no_ack=True)
        return listener

    @classmethod
    async def from_the_log(cls, channel: AbstractChannel) -> "Listener":
        """Hears all that was ever told, and what is told from now on."""
        listener = cls()
        await channel.set_qos(prefetch_count=100)
        queue = await channel.declare_queue(EVENT_LOG.name, passive=True)

        async def receive(message: AbstractIncomingMessage) -> None:
            await listener._receive(message)
            await message.ack()

        await queue.consume(receive, arguments={"x-stream-offset": "first"})
        return listener

    async def _receive(self, message: AbstractIncomingMessage) -> None:
        self._arrived.put_nowait(decode_event(message.body))

    async def until(self, *kinds: str, count: int = 1, seconds: float = 30) -> list[Event]:
        """Everything heard, as soon as `count` events of these types are among it; `seconds` are the deadline."""
        async with asyncio.timeout(seconds):
            while sum(event.type in kinds for event in self.heard) < count:
                self.heard.append(await self._arrived.get())
        return self.heard

    async def until_ended(self, count: int, seconds: float = 30) -> dict[str, Event]:
        """The end of each job by its id, as soon as so many have ended; told again, it must be the same end."""
        ends: dict[str, Event] = {}
        async with asyncio.timeout(seconds):
            for number in itertools.count():
                while number >= len(self.heard):
                    self.heard.append(await self._arrived.get())
                event = self.heard[number]
                if event.type in ENDS:
                    assert ends.setdefault(event.subject, event).type == event.type
                if len(ends) == count:
                    return ends
        raise AssertionError("never here")

    def told(self, job_id: str | None = None) -> list[str]:
        """Types, without progress."""
        return [
            event.type for event in self.heard if event.type != "stage.progressed" and job_id in {None, event.subject}
        ]


async def clear(connection: AbstractConnection) -> None:
    queues = [
        EVENT_LOG,
        DEAD_JOBS,
        *map(job_queue, PIPELINES),
        *(retry_queue(name, DELAYS[0] * share) for name in PIPELINES for share in SLICES),
    ]
    async with connection.channel() as channel:
        for queue in queues:
            await channel.queue_delete(queue.name)
        for exchange in (JOBS, EVENTS_BY_JOB, EVENTS):
            with suppress(aio_pika.exceptions.AMQPError):
                await channel.exchange_delete(exchange.name)
