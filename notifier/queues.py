"""The fan-out `client-queues`: one queue in the broker for each client.

The queue is exclusive, bounded, and gone with its client; the broker isolates clients from each other, and filters for
those that watch one job or one owner. Its messages are acknowledged when they are written to the client's connection,
so what a slow client does not take waits in its own queue, where the oldest are dropped past the bound; the log has
them all.
"""

import asyncio
import itertools
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial

import structlog
from pydantic import SecretStr

from contracts.broker import BROKER_ERRORS, describe, keep_trying
from contracts.topology import CLIENT_QUEUE_ARGUMENTS, EVENTS, EVENTS_BY_JOB
from notifier.amqp import Binding, ConsumingConnection, consuming
from notifier.connection import Connection
from notifier.encoded import Encoder
from notifier.follower import Follower
from notifier.hub import Hub
from notifier.selection import Selection
from notifier.settlements import Settlements
from notifier.subscription import Copy, QueueSubscription, Subscription
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

    def __init__(self, url: SecretStr, hub: Hub, encoder: Encoder, follower: Follower, *, instance: str) -> None:
        self._url = url
        self._hub = hub
        self._encoder = encoder
        self._follower = follower
        self._names = (f"client.{instance}.{number}" for number in itertools.count(1))
        self._connection: ConsumingConnection | None = None
        self._has_attached_all = False
        self._placing = asyncio.Lock()
        self._settled = asyncio.Event()
        self._channels: list[SharedChannel] = []
        self._places: dict[QueueSubscription, Place] = {}

    async def run(self) -> None:
        """Keep connected; never returns."""
        await keep_trying(self._session, name="notifier queues")

    def fault(self) -> str | None:
        """What keeps this service from working, for `/readyz`."""
        return None if self._has_attached_all else "not connected to the broker"

    def subscription(self, connection: Connection, selection: Selection) -> QueueSubscription:
        return QueueSubscription(connection, selection)

    async def attach(self, subscription: Subscription) -> None:
        """Give it a queue of its own. A broker that is away costs nothing: until it has one, the log feeds it."""
        assert isinstance(subscription, QueueSubscription)
        try:
            async with asyncio.timeout(ANSWER_SECONDS):
                await self._join({subscription: await self._place(subscription)})
        except BROKER_ERRORS as error:
            log.warning("client_queue.missing", reason=describe(error))

    async def _session(self, connected: Callable[[], None]) -> None:
        async with consuming(self._url, name="notifier queues") as connection:
            connected()
            self._connection = connection
            try:
                async with asyncio.TaskGroup() as tasks:
                    tasks.create_task(connection.keep_alive())
                    tasks.create_task(self._acknowledge(connection))
                    tasks.create_task(self._attach_all())
                    await connection.closed
            finally:
                self._lose()

    def _lose(self) -> None:
        """Until there are new queues, the log feeds all."""
        self._connection = None
        self._has_attached_all = False
        self._channels.clear()
        for subscription in self._places:
            subscription.leave_queue()
        self._places.clear()

    async def _attach_all(self) -> None:
        """Those who stayed while the broker was away."""
        places = {}
        for subscription in self._hub:
            if isinstance(subscription, QueueSubscription):
                places[subscription] = await self._place(subscription)
        await self._join(places)
        self._has_attached_all = True

    async def _place(self, subscription: QueueSubscription) -> Place:
        """A queue that is consumed."""
        async with self._placing:
            connection = self._connection
            if connection is None:
                raise ConnectionError("not connected")
            if (place := self._places.get(subscription)) is not None:
                return place
            shared = await self._roomy_channel(connection)
            place = self._places[subscription] = Place(shared, next(self._names))
            shared.clients += 1
        receive = partial(self._receive, shared.settlements, subscription)
        connection.declare_own(shared.number, place.queue, bindings(subscription.selection), CLIENT_QUEUE_ARGUMENTS)
        await connection.consume(shared.number, place.queue, receive)
        return place

    async def _join(self, places: Mapping[QueueSubscription, Place]) -> None:
        """From a mark in the log on, these queues have everything that the log has."""
        position = await self._follower.mark()
        for subscription, place in places.items():
            if self._places.get(subscription) is place:
                subscription.joined_at = position
                self._hub.wake(subscription)

    async def detach(self, subscription: Subscription) -> None:
        """The queue goes with its only consumer; a lost connection has taken both already."""
        assert isinstance(subscription, QueueSubscription)
        place = self._places.pop(subscription, None)
        try:
            if place is not None and self._connection is not None:
                place.channel.clients -= 1
                async with asyncio.timeout(ANSWER_SECONDS):
                    await self._connection.cancel(place.channel.number, place.queue)
        except BROKER_ERRORS as error:
            log.debug("client_queue.gone", reason=describe(error))
        finally:
            subscription.leave_queue()

    async def _roomy_channel(self, connection: ConsumingConnection) -> SharedChannel:
        for shared in self._channels:
            if shared.clients < CLIENTS_PER_CHANNEL:
                return shared
        shared = SharedChannel(await connection.open_channel(prefetch=PREFETCH))
        self._channels.append(shared)
        return shared

    def _receive(self, settlements: Settlements, subscription: QueueSubscription, delivered: Delivered) -> None:
        settle = partial(self._settle, settlements, delivered.delivery_tag)
        event = self._encoder.read(delivered.body)
        if event is None:
            settle()
        else:
            self._hub.note(event)
            subscription.receive(Copy(event, time.monotonic(), settle))
            self._hub.wake(subscription)

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


def bindings(selection: Selection) -> Iterator[Binding]:
    """Where the broker is to look for what a client wants: in everything, or by owner and job."""
    if not selection.jobs and selection.owner is None:
        yield Binding(EVENTS.name)
    for job in sorted(selection.jobs) or ["*"] * (selection.owner is not None):
        yield Binding(EVENTS_BY_JOB.name, f"{selection.owner or '*'}.{job}")
