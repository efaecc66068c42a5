"""Who asks for a mark is served by the next one, however many ask, and as long as they wait."""

import asyncio

import pytest

from notifier.errors import LogRemadeError
from notifier.marks import ASKED_AT_ONCE, Marks, is_mark


async def asking(marks: Marks, *claims: str) -> list[asyncio.Task[int]]:
    """So many who wait."""
    tasks = [asyncio.ensure_future(marks.ask(claim)) for claim in claims]
    await asyncio.sleep(0)
    return tasks


async def test_all_who_ask_are_served_by_one_mark_that_carries_what_they_claim() -> None:
    marks = Marks()
    tasks = await asking(marks, "", "ticket:ada", "")
    await marks.until_asked(seconds=60)
    asked = marks.asked()
    mark, position = marks.leave(asked.values())
    assert is_mark(mark)
    marks.read(mark, 7)
    marks.answer(asked, await position)
    assert await asyncio.gather(*tasks) == [7, 7, 7]
    assert marks.claims.is_first("ticket", "ada")
    assert not marks.asked()


async def test_of_a_crowd_those_who_have_waited_longest_are_served_first() -> None:
    marks = Marks()
    tasks = await asking(marks, *([""] * (ASKED_AT_ONCE + 1)))
    marks.answer(marks.asked(), 1)
    await asyncio.wait(tasks[:-1])
    assert not tasks[-1].done()
    marks.answer(marks.asked(), 2)
    assert await tasks[-1] == 2


async def test_who_no_longer_waits_is_not_remembered() -> None:
    marks = Marks()
    for task in await asking(marks, "a:b", "c:d"):
        task.cancel()
    await asyncio.sleep(0)
    assert marks.asked() == {}


async def test_marks_that_will_not_be_read_cost_nobody_a_turn() -> None:
    marks = Marks()
    (task,) = await asking(marks, "")
    _, position = marks.leave()
    marks.give_up(LogRemadeError())
    with pytest.raises(LogRemadeError):
        await position
    marks.forget_left()
    await marks.until_asked(seconds=60)
    marks.answer(marks.asked(), 3)
    assert await task == 3


async def test_another_notifiers_mark_is_read_for_its_claims() -> None:
    marks, others = Marks(), Marks()
    mark, _ = others.leave(["ticket:eve"])
    marks.read(mark, 1)
    assert marks.claims.is_first("ticket", "eve")
    assert not marks.claims.is_first("ticket", "ada")


async def test_when_nobody_asks_it_is_time_for_a_mark_even_so() -> None:
    async with asyncio.timeout(30):
        await Marks().until_asked(seconds=0.01)
