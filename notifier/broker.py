"""The notifier's side of the broker: one queue a client, bound to the fanout exchange.

The queue is exclusive, bounded, and gone with its client; the broker isolates clients from each other.
Its messages are acknowledged when the client's connection has taken them, so a slow client's events wait in
its own queue, where the oldest are dropped past the bound, and never in this process.
"""

import asyncio
import itertools
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import partial

import structlog
from pydantic import SecretStr

from contracts.broker import BROKER_ERRORS, connect, describe, keep_trying
from contracts.topology import CLIENT_QUEUE_ARGUMENTS, EVENT_TOPOLOGY, EVENTS, declare
from notifier.amqp import ConsumingConnection, consuming
from notifier.errors import NoQueueError
from notifier.frames import Frames
from notifier.hub import Delivery, Hub, Subscription
from notifier.settlements import Settlements
from notifier.wire import Delivered

PREFETCH = 50  # deliveries that a client may have in this process before it has taken the first
CLIENTS_PER_CHANNEL = 50
ANSWER_SECONDS = 5.0
SETTLE_SECONDS = 0.02

log: structlog.stdlib.BoundLogger = structlog.get_logger()


@dataclass(eq=False)
class SharedChannel:
    """A channel and how many clients use it: a connection has room for 2,047 channels."""

    number: int
    clients: int = 0
    settlements: Settlements = field(default_factory=Settlements)


@dataclass(frozen=True)
class Place:
    """Where a client's queue is consumed."""

    channel: SharedChannel
    queue: str


class ClientQueues:
    """Gives each subscription its queue, and a new one after the connection was lost."""

    def __init__(self, url: SecretStr, hub: Hub, frames: Frames, *, instance: str) -> None:
        self._url = url
        self._hub = hub
        self._frames = frames
        self._names = (f"client.{instance}.{number}" for number in itertools.count(1))
        self._connection: ConsumingConnection | None = None
        self._has_attached_all = False
        self._placing = asyncio.Lock()
        self._settled = asyncio.Event()
        self._channels: list[SharedChannel] = []
        self._places: dict[Subscription, Place] = {}

    async def run(self) -> None:
        """Keep connected; never returns."""
        await keep_trying(self._session, name="notifier")

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

    async def _session(self, connected: Callable[[], None]) -> None:
        async with await connect(self._url, name="notifier topology") as declaring, declaring.channel() as channel:
            await declare(channel, *EVENT_TOPOLOGY)
        async with consuming(self._url) as connection:
            connected()
            self._connection = connection
            try:
                async with asyncio.TaskGroup() as tasks:
                    tasks.create_task(connection.keep_alive())
                    tasks.create_task(self._acknowledge(connection))
                    tasks.create_task(self._attach_all())
                    await connection.closed
            finally:
                self._connection = None
                self._has_attached_all = False
                self._channels.clear()
                self._places.clear()

    async def _attach_all(self) -> None:
        """Those who stayed while the broker was away."""
        for subscription in self._hub:
            await self._attach(subscription)
        self._has_attached_all = True

    async def _attach(self, subscription: Subscription) -> None:
        async with self._placing:
            connection = self._connection
            if connection is None:
                raise ConnectionError("not connected")
            if subscription in self._places:
                return
            shared = await self._roomy_channel(connection)
            place = self._places[subscription] = Place(shared, next(self._names))
            shared.clients += 1
        receive = partial(self._receive, shared.settlements, subscription)
        await connection.consume(shared.number, place.queue, EVENTS.name, receive, arguments=CLIENT_QUEUE_ARGUMENTS)

    async def _detach(self, subscription: Subscription) -> None:
        """The queue goes with its only consumer; a lost connection has taken both already."""
        place = self._places.pop(subscription, None)
        try:
            if place is not None and self._connection is not None:
                place.channel.clients -= 1
                async with asyncio.timeout(ANSWER_SECONDS):
                    await self._connection.cancel(place.channel.number, place.queue)
        except BROKER_ERRORS as error:
            log.debug("client_queue.gone", reason=describe(error))
        finally:
            for delivery in subscription.abandon():
                delivery.settle()

    async def _roomy_channel(self, connection: ConsumingConnection) -> SharedChannel:
        for shared in self._channels:
            if shared.clients < CLIENTS_PER_CHANNEL:
                return shared
        shared = SharedChannel(await connection.open_channel(prefetch=PREFETCH))
        self._channels.append(shared)
        return shared

    def _receive(self, settlements: Settlements, subscription: Subscription, delivered: Delivered) -> None:
        settle = partial(self._settle, settlements, delivered.delivery_tag)
        frame = self._frames.encode(delivered.body, subscription.format)
        if frame is None:
            settle()
        else:
            subscription.push(Delivery(frame, settle))

    def _settle(self, settlements: Settlements, delivery_tag: int) -> None:
        settlements.settle(delivery_tag)
        self._settled.set()

    async def _acknowledge(self, connection: ConsumingConnection) -> None:
        """Some time after the first settlement, all of them: one frame for many clients; never returns."""
        while True:
            await self._settled.wait()
            await asyncio.sleep(SETTLE_SECONDS)
            self._settled.clear()
            for shared in self._channels:
                for delivery_tag, multiple in shared.settlements.collect():
                    connection.acknowledge(shared.number, delivery_tag, multiple=multiple)
