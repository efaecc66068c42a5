"""Client queues in a real broker: whose they are, how long they live, and what they cost."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest
from aio_pika.abc import AbstractChannel, AbstractConnection
from aio_pika.exceptions import ChannelNotFoundEntity
from aiormq.exceptions import ChannelLockedResource
from prometheus_client import CollectorRegistry, Counter
from pydantic import SecretStr

from contracts.topology import CLIENT_QUEUE_LENGTH
from notifier.beginning import Snapshot
from notifier.encoded import Encoder
from notifier.follower import Follower
from notifier.hub import Hub
from notifier.marks import Marks
from notifier.queues import CLIENTS_PER_CHANNEL, PREFETCH, ClientQueues
from notifier.selection import Selection
from notifier.settlements import Settlements
from notifier.snapshots import Reason
from notifier.subscription import QueueSubscription
from tests.ground import wait_until_async
from tests.hubs import FakeConnection, make_bench
from tests.samples import a_story, one_of_each
from tests.streams import publish


@dataclass
class Desk:
    """A hub with client queues, and clients in it."""

    hub: Hub
    queues: ClientQueues

    async def join(self, selection: Selection = Selection()) -> tuple[QueueSubscription, FakeConnection]:  # noqa: B008
        """A client whose queue is joined to the log."""
        connection = FakeConnection()
        subscription = self.queues.subscription(connection, selection)  # type: ignore[arg-type]
        self.hub.open(subscription, Snapshot(Reason.NEW))
        self.queues.attach(subscription)
        await wait_until_async(lambda: subscription.joined_at is not None, 30, what="its queue")
        return subscription, connection

    async def leave(self, subscription: QueueSubscription) -> None:
        self.hub.close(subscription)
        await self.queues.detach(subscription)


@pytest.fixture
async def desk(broker_url: str, channel: AbstractChannel) -> AsyncIterator[Desk]:
    hub = make_bench().hub
    encoder = Encoder(Counter("skipped", "…", registry=CollectorRegistry()))
    marks = Marks()
    follower = Follower(SecretStr(broker_url), hub, encoder, marks, history_events=1_000)
    queues = ClientQueues(SecretStr(broker_url), hub, encoder, marks, instance="test")
    running = [asyncio.ensure_future(each) for each in (follower.run(), queues.run(), hub.dispatch())]
    await wait_until_async(lambda: not (queues.fault() or follower.fault()), 30)
    yield Desk(hub, queues)
    for task in running:
        task.cancel()
    await asyncio.wait(running)


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
    connection: AbstractConnection, desk: Desk
) -> None:
    one, _ = await desk.join()
    two, _ = await desk.join()
    assert await exists(connection, "client.test.1")
    assert await exists(connection, "client.test.2")
    await desk.leave(two)
    assert await exists(connection, "client.test.1")
    assert not await exists(connection, "client.test.2")
    await desk.leave(one)
    assert not await exists(connection, "client.test.1")


async def test_one_that_goes_before_it_has_a_queue_leaves_none(connection: AbstractConnection, desk: Desk) -> None:
    subscription = desk.queues.subscription(FakeConnection(), Selection())  # type: ignore[arg-type]
    desk.hub.open(subscription, Snapshot(Reason.NEW))
    desk.queues.attach(subscription)
    await desk.leave(subscription)
    await desk.join()
    assert await exists(connection, "client.test.1")
    assert not await exists(connection, "client.test.2")


async def test_one_that_goes_while_others_are_given_their_places_leaves_none(
    connection: AbstractConnection, desk: Desk
) -> None:
    await desk.join()
    first, *others = [
        desk.queues.subscription(FakeConnection(), Selection())  # type: ignore[arg-type]
        for _ in range(CLIENTS_PER_CHANNEL)  # the last of them needs another channel, and all wait for it
    ]
    for each in (first, *others):
        desk.queues.attach(each)
    while first not in desk.queues._places:
        await asyncio.sleep(0)
    await desk.queues.detach(first)
    await wait_until_async(lambda: all(other.joined_at is not None for other in others), 30, what="their queues")
    assert not await exists(connection, "client.test.2")
    assert await exists(connection, "client.test.3")


async def test_a_client_that_takes_nothing_costs_a_bounded_queue_and_bounded_memory(
    channel: AbstractChannel, desk: Desk
) -> None:
    subscription, connection = await desk.join()
    connection.is_full = True
    events = [one_of_each(str(number))["job.queued"] for number in range(CLIENT_QUEUE_LENGTH + 4 * PREFETCH)]
    await publish(channel, *events)
    await wait_until_async(lambda: desk.hub.history.position_of(events[-1].id) is not None, 30)
    assert len(subscription._copies) <= PREFETCH
    before = connection.written
    connection.drain()
    await wait_until_async(lambda: subscription.position == desk.hub.history.head, 30, what="the whole story")
    assert len(subscription._copies) <= PREFETCH
    assert all(event.id.encode() in connection.written[len(before) :] for event in events)


async def test_many_clients_at_once_share_few_channels_and_get_each_event_once(
    channel: AbstractChannel, desk: Desk
) -> None:
    joined = await asyncio.gather(*(desk.join() for _ in range(2 * CLIENTS_PER_CHANNEL + 1)))
    assert len(desk.queues._channels) == 3
    story = a_story()
    await publish(channel, *story)
    last = story[-1].id.encode()
    await wait_until_async(lambda: all(last in connection.written for _, connection in joined), 30)
    for _, connection in joined:
        assert [connection.body().count(event.id.encode()) for event in story] == [1] * len(story)


async def test_the_broker_filters(channel: AbstractChannel, desk: Desk) -> None:
    """A client that watches one job is delivered nothing else."""
    story, other = a_story(), a_story("01a20bbc-322f-705e-8f23-50c7105c1200")
    await publish(channel, story[0])
    await wait_until_async(lambda: len(desk.hub.jobs) == 1, 30)
    _, connection = await desk.join(Selection(jobs=frozenset({story[0].subject})))
    [shared] = desk.queues._channels
    shared.settlements = delivered = Delivered()
    await publish(channel, *other, *story[1:])
    await wait_until_async(lambda: connection.is_closed, 30)
    assert delivered.tags == list(range(1, len(story)))


class Delivered(Settlements):
    """Remembers what came."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[int] = []

    def receive(self, delivery_tag: int) -> None:
        self.tags.append(delivery_tag)
        super().receive(delivery_tag)
