"""The notifier's side of the broker: one queue a client, bound to the fanout exchange.

The queue is exclusive, bounded, and gone with its client; the broker isolates clients from each other.
Its messages are acknowledged when the client's connection has taken them, so a slow client's events wait in
its own queue, where the oldest are dropped past the bound, and never in this process.
"""

import asyncio
import itertools
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial

import structlog
from aio_pika.abc import AbstractConnection
from aiormq.abc import AbstractChannel, DeliveredMessage
from pydantic import SecretStr

from contracts.broker import BROKER_ERRORS, describe, keep_connected
from contracts.topology import CLIENT_QUEUE_ARGUMENTS, EVENTS, declare
from notifier.errors import NoQueueError
from notifier.frames import Frames
from notifier.hub import Delivery, Hub, Subscription
from notifier.settlements import Settlements

PREFETCH = 50  # deliveries that a client may have in this process before it has taken the first
CLIENTS_PER_CHANNEL = 50
ANSWER_SECONDS = 5.0
SETTLE_SECONDS = 0.005

log: structlog.stdlib.BoundLogger = structlog.get_logger()


@dataclass(eq=False)
class SharedChannel:
    """A channel and how many clients use it: a connection has room for 2,047 channels."""

    settlements: Settlements
    underlay: AbstractChannel  # aiormq's: aio-pika's own queue and message objects cost each client 8 KB more
    clients: int = 0


@dataclass(frozen=True)
class Consumer:
    """A client's queue and who consumes it."""

    channel: SharedChannel
    tag: str


class ClientQueues:
    """Gives each subscription its queue, and a new one after the connection was lost."""

    def __init__(self, url: SecretStr, hub: Hub, frames: Frames, *, instance: str) -> None:
        self._url = url
        self._hub = hub
        self._frames = frames
        self._names = (f"client.{instance}.{number}" for number in itertools.count(1))
        self._connection: AbstractConnection | None = None
        self._has_attached_all = False
        self._settled = asyncio.Event()
        self._channel_lost = asyncio.Event()
        self._channels: list[SharedChannel] = []
        self._consumers: dict[Subscription, Consumer] = {}

    async def run(self) -> None:
        """Keep connected; never returns."""
        await keep_connected(self._url, self._use, name="notifier")

    def fault(self) -> str | None:
        """What keeps this service from working, for `/readyz`."""
        return None if self._has_attached_all else "not connected to the broker"

    @asynccontextmanager
    async def attached(self, subscription: Subscription) -> AsyncIterator[None]:
        """The subscription receives every event from here on, until the end of the block.

        Raises:
            NoQueueError: the broker is away.
        """
        try:
            try:
                async with asyncio.timeout(ANSWER_SECONDS):
                    await self._attach(subscription)
            except BROKER_ERRORS as error:
                raise NoQueueError(f"the broker gave this client no queue: {describe(error)}") from error
            yield
        finally:
            await self._detach(subscription)

    async def _use(self, connection: AbstractConnection) -> None:
        async with connection.channel() as channel:
            await declare(channel, EVENTS)
        self._connection = connection
        self._channel_lost.clear()
        try:
            for subscription in self._hub:
                await self._attach(subscription)
            self._has_attached_all = True
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self._watch_channels())
                tasks.create_task(self._acknowledge())
        finally:
            self._connection = None
            self._has_attached_all = False
            self._channels.clear()
            self._consumers.clear()

    async def _attach(self, subscription: Subscription) -> None:
        if subscription in self._consumers:
            return
        shared = await self._roomy_channel()
        channel, queue = shared.underlay, next(self._names)
        self._consumers[subscription] = Consumer(shared, queue)
        shared.clients += 1
        await channel.queue_declare(queue, exclusive=True, auto_delete=True, arguments=dict(CLIENT_QUEUE_ARGUMENTS))
        await channel.queue_bind(queue, EVENTS.name)
        await channel.basic_consume(queue, partial(self._deliver, shared, subscription), consumer_tag=queue)

    async def _detach(self, subscription: Subscription) -> None:
        """The queue goes with its only consumer; a lost connection has taken both already."""
        consumer = self._consumers.pop(subscription, None)
        for delivery in subscription.abandon():
            delivery.settle()
        if consumer is None:
            return
        consumer.channel.clients -= 1
        try:
            async with asyncio.timeout(ANSWER_SECONDS):
                await consumer.channel.underlay.basic_cancel(consumer.tag)
        except BROKER_ERRORS as error:
            log.debug("client_queue.gone", queue=consumer.tag, reason=describe(error))

    async def _roomy_channel(self) -> SharedChannel:
        for shared in self._channels:
            if shared.clients < CLIENTS_PER_CHANNEL:
                return shared
        if self._connection is None:
            raise ConnectionError("not connected")
        channel = await self._connection.channel(publisher_confirms=False)
        await channel.set_qos(prefetch_count=PREFETCH)
        channel.close_callbacks.add(self._lose_channel)
        underlay = await channel.get_underlay_channel()
        shared = SharedChannel(Settlements(), underlay)
        self._channels.append(shared)
        return shared

    def _lose_channel(self, *_: object) -> None:
        self._channel_lost.set()

    async def _deliver(self, shared: SharedChannel, subscription: Subscription, message: DeliveredMessage) -> None:
        """No await before the push: each delivery runs in a task of its own, and they start in order."""
        assert message.delivery_tag is not None
        settle = partial(self._settle, shared.settlements, message.delivery_tag)
        frame = self._frames.encode(message.body, subscription.format)
        if frame is None or subscription not in self._consumers:
            settle()
        else:
            subscription.push(Delivery(frame, settle))

    def _settle(self, settlements: Settlements, delivery_tag: int) -> None:
        settlements.settle(delivery_tag)
        self._settled.set()

    async def _acknowledge(self) -> None:
        """A few milliseconds after the first settlement, all of them: one frame for many clients."""
        while True:
            await self._settled.wait()
            await asyncio.sleep(SETTLE_SECONDS)
            self._settled.clear()
            for shared in self._channels:
                for delivery_tag, multiple in shared.settlements.collect():
                    await shared.underlay.basic_ack(delivery_tag, multiple=multiple, wait=False)

    async def _watch_channels(self) -> None:
        await self._channel_lost.wait()
        raise ConnectionError("the broker closed a channel, and with it its clients' queues")
