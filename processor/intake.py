"""When to take jobs from several queues: never more than there is room for, so that others get what we cannot begin."""

import asyncio
from collections import deque
from collections.abc import Callable
from typing import Generic, Protocol, TypeVar

from processor.delivery import Delivery
from processor.plan import MAX_RETURNS

D = TypeVar("D", bound=Delivery)
D_co = TypeVar("D_co", bound=Delivery, covariant=True)


class Queues(Protocol[D_co]):
    """Where jobs come from."""

    async def listen(self) -> None:
        """Have them sent as they come, from each queue as many as there may be at a time. Twice is as once."""

    async def leave(self) -> None:
        """Have no more sent."""

    async def fetch(self) -> D_co | None:
        """One that waits, each queue in its turn; None when all are empty."""


class Intake(Generic[D]):
    """While there is room jobs are sent to us, which is fastest; while there is none they stay in their queues.

    Each queue grants the whole room to itself, so in the moment in which it fills up a few too many may come: they go
    back, all together. Then jobs are fetched one by one, until the queues are empty. A job that went back ten times
    waits here, since the broker counts, and buries it at the twentieth.
    """

    def __init__(self, queues: Queues[D], begin: Callable[[D], asyncio.Task[None]], *, room: int | None) -> None:
        """Without a `room` the broker sends no more than there is room for, as it does from a single queue."""
        self._queues = queues
        self._begin = begin
        self._room = room
        self._at_work: set[asyncio.Task[None]] = set()
        self._too_many: deque[D] = deque()  # bounded by the broker's prefetch
        self._changed = asyncio.Event()
        self._turning = asyncio.Lock()  # a call of the broker that is cancelled midway costs the channel
        self._is_listening = self._is_stopped = False

    def arrive(self, delivery: D) -> None:
        """A job was sent to us."""
        if self._has_room or delivery.returns >= MAX_RETURNS:
            self._work_on(delivery)
        else:
            self._too_many.append(delivery)
            self._changed.set()

    async def listen(self) -> None:
        """Begin, or do it again for a queue that was deleted and is to be made anew."""
        async with self._turning:
            if not self._is_stopped and (self._is_listening or self._has_room):
                await self._listen()

    async def run(self) -> None:
        """Follow the room as it fills and empties; never returns."""
        while True:
            await self._until(lambda: bool(self._too_many) or not self._has_room)
            async with self._turning:
                await self._leave()
                await self._settle_the_rest()
            await self._until(lambda: self._has_room)
            async with self._turning:
                await self._fill()

    async def stop(self) -> None:
        """Take no more; those at work go on."""
        self._is_stopped = True
        async with self._turning:
            await self._leave()

    @property
    def _has_room(self) -> bool:
        return self._room is None or len(self._at_work) < self._room

    async def _until(self, condition: Callable[[], bool]) -> None:
        while not condition():
            self._changed.clear()
            await self._changed.wait()

    async def _listen(self) -> None:
        self._is_listening = True
        await self._queues.listen()

    async def _leave(self) -> None:
        if self._is_listening:
            self._is_listening = False
            await self._queues.leave()

    async def _settle_the_rest(self) -> None:
        while self._too_many:
            delivery = self._too_many.popleft()
            if self._has_room and not self._is_stopped:
                self._work_on(delivery)
            else:
                await delivery.give_back()

    async def _fill(self) -> None:
        while self._has_room and not self._is_stopped:
            delivery = await self._queues.fetch()
            if delivery is None:
                await self._listen()
                return
            self._work_on(delivery)

    def _work_on(self, delivery: D) -> None:
        task = self._begin(delivery)
        self._at_work.add(task)
        task.add_done_callback(self._end)
        self._changed.set()

    def _end(self, task: asyncio.Task[None]) -> None:
        self._at_work.discard(task)
        self._changed.set()
