import asyncio
from collections.abc import AsyncIterator

import pytest

from processor.intake import Intake
from processor.plan import MAX_RETURNS
from tests.fakes import FakeDelivery, FakeQueues
from tests.ground import wait_until_async


class Desk:
    """An intake with room for two, and jobs that run until they are let go."""

    def __init__(self, tasks: asyncio.TaskGroup) -> None:
        self.queues = FakeQueues()
        self.at_work: dict[bytes, asyncio.Event] = {}
        self.intake: Intake[FakeDelivery] = Intake(self.queues, self._begin, room=2)
        self._tasks = tasks

    def send(self, *names: bytes) -> list[FakeDelivery]:
        deliveries = [FakeDelivery(name) for name in names]
        for delivery in deliveries:
            self.intake.arrive(delivery)
        return deliveries

    async def until(self, *calls: str) -> None:
        await wait_until_async(lambda: self.queues.calls == [*calls], 10, what=f"{calls}, not {self.queues.calls}")

    def _begin(self, delivery: FakeDelivery) -> asyncio.Task[None]:
        self.at_work[delivery.body] = asyncio.Event()
        return self._tasks.create_task(self._work(delivery))

    async def _work(self, delivery: FakeDelivery) -> None:
        await self.at_work[delivery.body].wait()
        del self.at_work[delivery.body]


@pytest.fixture
async def desk() -> AsyncIterator[Desk]:
    async with asyncio.TaskGroup() as tasks:
        desk = Desk(tasks)
        await desk.intake.listen()
        running = tasks.create_task(desk.intake.run())
        yield desk
        running.cancel()
        for leave in desk.at_work.values():
            leave.set()


async def test_while_there_is_room_jobs_are_sent(desk: Desk) -> None:
    desk.send(b"a")
    desk.at_work[b"a"].set()
    await wait_until_async(lambda: not desk.at_work, 10, what="the end of a job")
    desk.send(b"b")
    assert set(desk.at_work) == {b"b"}
    await desk.until("listen")


async def test_when_it_is_full_it_leaves_and_what_came_too_many_goes_back(desk: Desk) -> None:
    _, _, excess = desk.send(b"a", b"b", b"c")
    assert excess.outcomes == []  # not before it has left, or it would be sent here again
    await wait_until_async(lambda: excess.outcomes == ["give back"], 10, what="a job that goes back")
    assert set(desk.at_work) == {b"a", b"b"}
    await desk.until("listen", "leave")


async def test_room_is_filled_by_fetching_and_when_nothing_waits_it_listens_again(desk: Desk) -> None:
    desk.queues.waiting.append(FakeDelivery(b"c"))
    desk.send(b"a", b"b")
    await desk.until("listen", "leave")
    desk.at_work[b"a"].set()
    await desk.until("listen", "leave", "fetch")
    assert set(desk.at_work) == {b"b", b"c"}
    desk.at_work[b"b"].set()
    await desk.until("listen", "leave", "fetch", "fetch", "listen")


async def test_what_came_too_many_is_begun_when_there_is_room_again_by_then(desk: Desk) -> None:
    """The broker sends the next one when it has the acknowledgement, which may be before a job's task has ended."""
    _, _, early = desk.send(b"a", b"b", b"c")
    desk.at_work[b"a"].set()
    await wait_until_async(lambda: b"c" in desk.at_work or early.outcomes, 10, what="the third job")
    await desk.until("listen", "leave", *(["fetch", "listen"] if early.outcomes else []))


async def test_a_job_that_went_back_too_often_waits_here(desk: Desk) -> None:
    desk.send(b"a", b"b")
    bounced = FakeDelivery(b"c", returns=MAX_RETURNS)
    desk.intake.arrive(bounced)
    await desk.until("listen", "leave")
    assert set(desk.at_work) == {b"a", b"b", b"c"}
    assert bounced.outcomes == []


async def test_once_stopped_it_takes_nothing(desk: Desk) -> None:
    desk.queues.waiting.append(FakeDelivery(b"c"))
    desk.send(b"a", b"b")
    await desk.until("listen", "leave")
    await desk.intake.stop()
    for leave in tuple(desk.at_work.values()):
        leave.set()
    await wait_until_async(lambda: not desk.at_work, 10, what="the end of all jobs")
    await desk.intake.listen()
    assert desk.queues.calls == ["listen", "leave"]
