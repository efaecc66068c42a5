"""The fan-out `client-queues`: one queue in the broker for each client.

The queue is exclusive, bounded, and gone with its client; the broker isolates clients from each other, and filters for
those that watch one job or one owner. Its messages are acknowledged when they are written to the client's connection,
so what a slow client does not take waits in its own queue, where the oldest are dropped past the bound; the log has
them all.
"""

import asyncio
import itertools
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from functools import partial

import structlog
from pydantic import SecretStr

from contracts.broker import BROKER_ERRORS, describe, keep_trying
from contracts.topology import CLIENT_QUEUE_ARGUMENTS, EVENTS, EVENTS_BY_JOB
from notifier.amqp import Binding, ConsumingConnection, consuming
from notifier.connection import Connection
from notifier.encoded import Encoder
from notifier.hub import Hub
from notifier.marks import Marks
from notifier.selection import Selection
from notifier.settlements import Settlements
from notifier.subscription import Copy, QueueSubscription, Subscription
from notifier.wire import Delivered

PREFETCH = 50  # deliveries that a client may have in this process before it has taken the first
CLIENTS_PER_CHANNEL = 50
ANSWER_SECONDS = 5.0
SETTLE_SECONDS = 0.02
JOINING_SECONDS = 0.5
GATHERING_SECONDS = 0.05  # a crowd that comes at once is greeted first

log: structlog.stdlib.BoundLogger = structlog.get_logger()


@dataclass(eq=False)
class SharedChannel:
    """A channel and how many clients use it: a connection has room for 2,047 channels."""

    number: int
    clients: int = 0
    settlements: Settlements = field(default_factory=Settlements)


@dataclass(frozen=True, eq=False)
class Place:
    """Where a client's queue is consumed."""

    channel: SharedChannel
    queue: str
    subscription: QueueSubscription


class ClientQueues:
    """Gives each subscription its queue, and a new one after the connection was lost. Until then the log feeds it."""

    def __init__(self, url: SecretStr, hub: Hub, encoder: Encoder, marks: Marks, *, instance: str) -> None:
        self._url = url
        self._hub = hub
        self._encoder = encoder
        self._marks = marks
        self._names = (f"client.{instance}.{number}" for number in itertools.count(1))
        self._connection: ConsumingConnection | None = None
        self._settled = asyncio.Event()
        self._channels: list[SharedChannel] = []
        self._places: dict[QueueSubscription, Place] = {}
        self._waiting: dict[QueueSubscription, None] = {}  # for a queue
        self._has_waiting = asyncio.Event()
        self._unjoined: list[Place] = []  # that are consumed, and whose clients the log still feeds

    async def run(self) -> None:
        """Keep connected; never returns."""
        await keep_trying(self._session, name="notifier queues", link=self._hub.figures)

    def fault(self) -> str | None:
        """What is amiss, for `/readyz`."""
        return None if self._connection else "not connected to the broker"

    def subscription(self, connection: Connection, selection: Selection) -> QueueSubscription:
        return QueueSubscription(connection, selection)

    def attach(self, subscription: Subscription) -> None:
        """It will have a queue of its own, soon: those who come together are served together."""
        assert isinstance(subscription, QueueSubscription)
        self._waiting[subscription] = None
        self._has_waiting.set()

    async def detach(self, subscription: Subscription) -> None:
        """The queue goes with its only consumer; a lost connection has taken both already."""
        assert isinstance(subscription, QueueSubscription)
        self._waiting.pop(subscription, None)
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

    async def _session(self, connected: Callable[[], None]) -> None:
        async with consuming(self._url, name="notifier queues") as connection:
            connected()
            self._connection = connection
            try:
                async with asyncio.TaskGroup() as tasks:
                    tasks.create_task(connection.keep_alive())
                    tasks.create_task(self._acknowledge(connection))
                    tasks.create_task(self._serve_waiting(connection))
                    tasks.create_task(self._join_all())
                    await connection.closed
            finally:
                self._lose()

    def _lose(self) -> None:
        """Until there are new queues, the log feeds all."""
        self._connection = None
        self._channels.clear()
        for subscription in self._places:
            subscription.leave_queue()
        self._waiting.update(dict.fromkeys(self._places))
        self._places.clear()
        self._unjoined.clear()

    async def _serve_waiting(self, connection: ConsumingConnection) -> None:
        """Queues for those who wait, a group at a time; never returns."""
        while True:
            if not self._waiting:
                self._has_waiting.clear()
                await self._has_waiting.wait()
                await asyncio.sleep(GATHERING_SECONDS)
            group = tuple(itertools.islice(self._waiting, CLIENTS_PER_CHANNEL))
            places = [place for each in group if (place := await self._place(connection, each)) is not None]
            await asyncio.gather(*(self._consume(connection, place) for place in places))
            self._unjoined += places

    async def _join_all(self) -> None:
        """From a mark in the log on, a queue has everything that the log has; never returns.

        Not at once: a message that was routed before the queue was bound may reach the log some time later (the first
        that a channel sends to a stream waits until the broker has found it).
        """
        while True:
            await asyncio.sleep(JOINING_SECONDS)
            places, self._unjoined = self._unjoined, []
            if places:
                await asyncio.sleep(JOINING_SECONDS)
                self._join(places, await self._marks.ask())

    async def _place(self, connection: ConsumingConnection, subscription: QueueSubscription) -> Place | None:
        """Where a client's queue will be; None if the client has gone meanwhile."""
        shared = await self._roomy_channel(connection)
        if subscription not in self._waiting:
            return None
        del self._waiting[subscription]
        shared.clients += 1
        place = self._places[subscription] = Place(shared, next(self._names), subscription)
        return place

    async def _consume(self, connection: ConsumingConnection, place: Place) -> None:
        if self._places.get(place.subscription) is not place:
            return  # its client has gone while others were given their places
        number = place.channel.number
        selected = bindings(place.subscription.selection)
        connection.declare_own(number, place.queue, selected, CLIENT_QUEUE_ARGUMENTS)
        await connection.consume(number, place.queue, partial(self._receive, place))

    def _join(self, places: Iterable[Place], position: int) -> None:
        for place in places:
            if self._places.get(place.subscription) is place:
                place.subscription.joined_at = position
                self._hub.wake(place.subscription)

    async def _roomy_channel(self, connection: ConsumingConnection) -> SharedChannel:
        for shared in self._channels:
            if shared.clients < CLIENTS_PER_CHANNEL:
                return shared
        shared = SharedChannel(await connection.open_channel(prefetch=PREFETCH))
        self._channels.append(shared)
        return shared

    def _receive(self, place: Place, delivered: Delivered) -> None:
        place.channel.settlements.receive(delivered.delivery_tag)
        settle = partial(self._settle, place.channel.settlements, delivered.delivery_tag)
        event = self._encoder.read(delivered.body)
        if event is None:
            settle()
        else:
            self._hub.note(event)
            place.subscription.receive(Copy(event, time.monotonic(), settle))
            self._hub.wake(place.subscription)

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
