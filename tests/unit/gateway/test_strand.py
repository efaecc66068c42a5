"""Blocking work in order, in threads that are shared."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from threading import Event

import pytest

from gateway.tus.strand import Strand


async def test_all_is_done_in_order_and_strands_take_turns() -> None:
    done: list[tuple[int, int]] = []
    with ThreadPoolExecutor(1) as threads:
        strands = [Strand(threads) for _ in range(3)]
        began = Event()
        first = strands[0].do(partial(began.wait, 10))
        rest = [
            strand.do(partial(done.append, (place, turn))) for turn in range(3) for place, strand in enumerate(strands)
        ]
        began.set()
        await asyncio.gather(first, *rest)
    for place in range(3):
        assert [turn for each, turn in done if each == place] == [0, 1, 2]
    assert {place for place, _ in done[:3]} == {0, 1, 2}


async def test_a_fault_is_told_to_who_waits_for_it() -> None:
    with ThreadPoolExecutor(1) as threads:
        strand = Strand(threads)
        failing, next_ = strand.do(lambda: int("x") and None), strand.do(lambda: None)
        with pytest.raises(ValueError, match="x"):
            await failing
        await next_


async def test_what_nobody_waits_for_any_more_is_done() -> None:
    """Else a hole would be left where its bytes belong."""
    done: list[int] = []
    with ThreadPoolExecutor(1) as threads:
        strand, goes_on = Strand(threads), Event()
        jobs = [
            strand.do(partial(goes_on.wait, 10)),
            strand.do(partial(done.append, 1)),
            strand.do(partial(done.append, 2)),
        ]
        jobs[1].cancel()
        goes_on.set()
        await jobs[2]
    assert done == [1, 2]
