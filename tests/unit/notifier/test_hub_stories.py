"""Any order of what can happen to a client: slow, away, back, its queue late, in another order, lossy, or gone."""

import json
from collections.abc import Iterator
from itertools import count
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from contracts.events import Event
from notifier.cursor import parse_cursor
from notifier.selection import Selection
from notifier.snapshots import Reason
from notifier.subscription import QueueSubscription, Subscription
from notifier.watch import Watch
from tests.hubs import FakeConnection, deliver, make_bench
from tests.samples import a_story
from tests.streams import Frame, Story

JOBS = [f"01a20bbc-322f-705e-8f23-50c7105c12{number:02d}" for number in range(3)]
CLIENTS = 2
A_CLIENT = st.integers(0, CLIENTS - 1)

STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("log"), st.lists(st.sampled_from(JOBS), min_size=1, max_size=12)),
        st.tuples(st.just("copies"), st.tuples(A_CLIENT, st.randoms(use_true_random=False))),
        st.tuples(st.just("lose"), A_CLIENT),
        st.tuples(st.just("full"), A_CLIENT),
        st.tuples(st.just("drain"), A_CLIENT),
        st.tuples(st.just("leave"), A_CLIENT),
        st.tuples(st.just("come"), A_CLIENT),
        st.tuples(st.just("join"), A_CLIENT),
        st.tuples(st.just("queue gone"), A_CLIENT),
        st.tuples(st.just("remade"), st.none()),
    ),
    max_size=60,
)


class Client:
    """A person who may be here or not; what was written is read when it is not full."""

    def __init__(self, *, queue: bool) -> None:
        self.queue = queue
        self.story = Story()
        self.cursor = ""
        self.subscription: Subscription | None = None
        self.connection = FakeConnection()
        self.copies: list[Event] = []  # in its queue in the broker
        self._read = 0

    def read(self) -> None:
        blocks = self.connection.body().decode().split("\n\n")[:-1]
        for block in blocks[self._read :]:
            event, data = "message", ""
            for line in block.split("\n"):
                name, _, value = line.partition(": ")
                match name:
                    case "id":
                        self.cursor = value
                    case "event":
                        event = value
                    case "data":
                        data = value
            if data:
                self.story.take(Frame(event, data, self.cursor))
        self._read = len(blocks)

    def arrive(self, connection: FakeConnection, subscription: Subscription) -> None:
        self.connection, self.subscription, self._read = connection, subscription, 0
        self.copies.clear()


class World:
    """A hub, its log, and clients."""

    def __init__(self, *, queues: bool) -> None:
        self.bench = make_bench(max_events=40, max_replay=25)
        self.clients = [Client(queue=queues) for _ in range(CLIENTS)]
        self.logged: list[Event] = []
        self._stories = {job: _attempts(job) for job in JOBS}

    async def do(self, step: str, what: Any) -> None:
        match step, what:
            case "log", jobs:
                self._log([next(self._stories[job]) for job in jobs])
            case "copies", (number, random):
                self._deliver(self.clients[number], random)
            case "lose", number:
                self.clients[number].copies[:] = self.clients[number].copies[1::2]
            case "full", number:
                self.clients[number].connection.is_full = True
            case "drain", number if self.clients[number].subscription:
                self.clients[number].connection.drain()
            case "leave", number:
                self._leave(self.clients[number])
            case "come", number if not self.clients[number].subscription:
                self._come(self.clients[number])
            case (("join" | "queue gone"), number):
                self._queue(self.clients[number], is_there=step == "join")
            case "remade", _:
                self.bench.hub.history.forget()
                self.bench.hub.restart(Reason.LOG_REMADE)
        await self.settle()

    async def settle(self) -> None:
        await self.bench.settle()
        for client in self.clients:
            if not client.connection.is_full:
                client.read()

    async def end(self) -> None:
        """All are here, read everything, and what their queues have lost is found to be lost."""
        for client in self.clients:
            if client.subscription is None:
                self._come(client)
            client.connection.drain()
        await self.settle()
        for client in self.clients:
            assert client.subscription is not None
            Watch(self.bench.hub).mend(client.subscription, now=1e12)
        await self.settle()

    def _log(self, events: list[Event]) -> None:
        self.bench.log(*events)
        self.logged += events
        for client in self.clients:
            if client.subscription is not None:
                client.copies += events

    def _deliver(self, client: Client, random: Any) -> None:
        if isinstance(client.subscription, QueueSubscription):
            random.shuffle(client.copies)
            deliver(client.subscription, self.bench.hub, *client.copies)
            client.copies.clear()

    def _come(self, client: Client) -> None:
        beginning = self.bench.beginning(parse_cursor(client.cursor) if client.cursor else None)
        subscription, connection = self.bench.open(Selection(), beginning, queue=client.queue)
        client.arrive(connection, subscription)

    def _leave(self, client: Client) -> None:
        if client.subscription is not None:
            self.bench.hub.close(client.subscription)
            client.subscription = None
            client.connection.is_full = False

    def _queue(self, client: Client, *, is_there: bool) -> None:
        if isinstance(client.subscription, QueueSubscription):
            if is_there:
                client.subscription.joined_at = self.bench.hub.history.head
            else:
                client.subscription.leave_queue()
                client.copies.clear()


def _attempts(job_id: str) -> Iterator[Event]:
    for attempt in count(1):
        yield from a_story(job_id, attempt=attempt, ends="never")


@given(steps=STEPS, queues=st.booleans())
@settings(max_examples=300, deadline=None)
async def test_nobody_misses_anything_without_a_snapshot_and_all_end_alike(
    steps: list[tuple[str, Any]], queues: bool
) -> None:
    world = World(queues=queues)
    for step, what in steps:
        await world.do(step, what)
    await world.end()
    wanted = Story()
    for event in world.logged:
        wanted.learn(event)
    for client in world.clients:
        assert client.story.states() == wanted.states()
        left_out = [event for event in client.story.missed(world.logged) if event.type != "stage.progressed"]
        assert left_out == [], json.dumps([event.id for event in left_out])
