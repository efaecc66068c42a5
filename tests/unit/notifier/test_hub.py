import asyncio
import time

import pytest

from notifier.beginning import Replay, Snapshot, Unreadable
from notifier.cursor import parse_cursor
from notifier.hub import LATE
from notifier.selection import Format, Selection
from notifier.snapshots import Reason
from notifier.watch import Watch
from tests.hubs import Bench, kinds, make_bench, snapshots, told
from tests.samples import JOB_ID, a_story, one_of_each

OTHER_ID = "01a20bbc-322f-705e-8f23-50c7105c1200"
THIRD_ID = "01a20bbc-322f-705e-8f23-50c7105c1201"


async def test_a_new_client_gets_a_snapshot_and_what_follows(bench: Bench) -> None:
    first, *rest = a_story()
    bench.log(first)
    _, connection = bench.open()
    bench.log(*rest)
    await bench.settle()
    assert connection.body().startswith(b": stagecast\n\nretry: 2000\n\n")
    assert told(connection) == ["snapshot", *kinds(rest)]
    [snapshot] = snapshots(connection)
    assert (snapshot["reason"], snapshot["jobs"][0]["state"]) == ("new", "running")
    assert connection.ids()[-1] == str(bench.hub.history.cursor(bench.hub.history.head))


async def test_the_same_bytes_go_to_all_with_the_same_wishes(bench: Bench) -> None:
    clients = [bench.open()[1] for _ in range(3)]
    bench.log(*a_story())
    await bench.settle()
    assert len({connection.written for connection in clients}) == 1


async def test_a_snapshot_is_made_once_for_those_who_come_together(bench: Bench) -> None:
    bench.log(*a_story())
    taken = bench.hub.snapshots.take(Selection(), Reason.NEW)
    assert bench.hub.snapshots.take(Selection(), Reason.NEW) is taken
    bench.log(*a_story(attempt=2))
    _, connection = bench.open()
    await bench.settle()
    assert told(connection) == ["snapshot", *kinds(a_story(attempt=2))]


async def test_a_client_that_comes_back_gets_what_it_missed(bench: Bench) -> None:
    events = a_story()
    bench.log(*events[:3])
    cursor = parse_cursor(str(bench.hub.history.cursor(2)))
    beginning = bench.beginning(cursor)
    assert beginning == Replay(2)
    _, connection = bench.open(beginning=beginning)
    bench.log(*events[3:])
    await bench.settle()
    assert told(connection) == kinds(events[2:])


async def test_what_cannot_be_resumed_is_a_snapshot_with_its_reason() -> None:
    bench = make_bench(max_replay=3)
    bench.log(*a_story())
    history = bench.hub.history
    beginnings = {
        Reason.NEW: bench.beginning(None),
        Reason.UNKNOWN_ID: bench.beginning(Unreadable()),
        Reason.TOO_MUCH: bench.beginning(history.cursor(1)),
    }
    history.forget()
    beginnings[Reason.TOO_OLD] = bench.beginning(parse_cursor("2-00000000"))
    assert beginnings == {reason: Snapshot(reason) for reason in beginnings}


async def test_too_much_counts_only_what_concerns_the_client() -> None:
    bench = make_bench(max_replay=3)
    bench.log(one_of_each()["job.queued"], *a_story(OTHER_ID))
    wish = Selection(jobs=frozenset({JOB_ID}))
    assert bench.beginning(bench.hub.history.cursor(1), wish) == Replay(1)


async def test_each_gets_what_it_asked_for(bench: Bench) -> None:
    _, one_job = bench.open(Selection(jobs=frozenset({OTHER_ID})))
    _, no_progress = bench.open(Selection(progress=False))
    _, words = bench.open(Selection(format=Format.TEXT))
    bench.log(*a_story(JOB_ID), *a_story(OTHER_ID))
    await bench.settle()
    assert told(one_job)[1:] == kinds(a_story(OTHER_ID))
    assert "stage.progressed" not in told(no_progress)
    assert words.frames()[-1] == "data: file: story.csv: finished"
    assert words.ids() == []


async def test_a_stream_of_one_job_ends_after_its_last_event(bench: Bench) -> None:
    *before, last = a_story()
    bench.log(*before)
    _, connection = bench.open(Selection(jobs=frozenset({JOB_ID})))
    await bench.settle()
    assert not connection.is_closed
    bench.log(last)
    await bench.settle()
    assert told(connection) == ["snapshot", "job.completed"]
    assert connection.is_closed
    assert not connection.is_aborted
    assert bench.hub.has_nothing_for(Selection(jobs=frozenset({JOB_ID})), bench.hub.history.head)
    assert not bench.hub.has_nothing_for(Selection(jobs=frozenset({JOB_ID})), bench.hub.history.head - 1)


async def test_a_stream_of_a_job_that_is_over_is_its_snapshot(bench: Bench) -> None:
    bench.log(*a_story())
    _, connection = bench.open(Selection(jobs=frozenset({JOB_ID})))
    await bench.settle()
    assert told(connection) == ["snapshot"]
    assert connection.is_closed


async def test_a_stream_of_two_jobs_ends_after_the_later(bench: Bench) -> None:
    bench.log(one_of_each()["job.queued"], one_of_each(job_id=OTHER_ID)["job.queued"])
    _, connection = bench.open(Selection(jobs=frozenset({JOB_ID, OTHER_ID})))
    bench.log(*a_story())
    await bench.settle()
    assert not connection.is_closed
    bench.log(*a_story(OTHER_ID, attempt=2))
    await bench.settle()
    assert connection.is_closed


async def test_one_that_is_slow_loses_old_progress_only(bench: Bench) -> None:
    _, connection = bench.open()
    await bench.settle()
    events = a_story(progress=3 * LATE)
    connection.is_full = True
    bench.log(*events)
    await bench.settle()
    assert told(connection) == ["snapshot"]
    connection.drain()
    await bench.settle()
    assert told(connection)[1:] == [
        "job.started",
        "stage.started",
        "stage.progressed",
        "stage.completed",
        "job.completed",
    ]
    assert f": {3 * LATE - 1} progress events left out" in connection.body().decode()
    bench.log(*a_story(attempt=2, progress=2))
    await bench.settle()
    assert told(connection)[-6:] == kinds(a_story())


async def test_one_that_is_too_slow_gets_a_snapshot(bench: Bench) -> None:
    bench = make_bench(max_replay=20)
    _, connection = bench.open()
    await bench.settle()
    connection.is_full = True
    bench.log(*a_story(progress=30))
    await bench.settle()
    connection.drain()
    await bench.settle()
    assert told(connection) == ["snapshot", "snapshot"]
    assert snapshots(connection)[1]["reason"] == "fell-behind"
    assert snapshots(connection)[1]["jobs"][0]["state"] == "completed"


async def test_what_was_promised_whole_is_whole_however_slowly_it_is_read(bench: Bench) -> None:
    events = a_story(progress=3 * LATE)
    bench.log(*events)
    _, connection = bench.open(beginning=Replay(0))
    connection.is_full = True
    await bench.settle()
    connection.drain()
    await bench.settle()
    assert told(connection) == kinds(events)


async def test_one_whose_place_has_left_the_history_gets_a_snapshot() -> None:
    bench = make_bench(max_events=10)
    _, connection = bench.open()
    await bench.settle()
    for _ in range(300):
        bench.log(*a_story())
    await bench.settle()
    assert snapshots(connection)[-1]["reason"] == "fell-behind"


async def test_a_slow_client_delays_nobody_and_holds_nothing(bench: Bench) -> None:
    _, slow = bench.open()
    _, quick = bench.open()
    await bench.settle()
    slow.is_full, before = True, slow.written
    bench.log(*a_story())
    await bench.settle()
    assert told(quick)[1:] == kinds(a_story())
    assert slow.written == before


async def test_one_that_takes_nothing_for_too_long_is_cut() -> None:
    bench = make_bench()
    _, idle = bench.open()
    _, fine = bench.open()
    await bench.settle()
    idle.is_full = True
    bench.log(*a_story())
    await bench.settle()
    watching = asyncio.ensure_future(Watch(bench.hub, cut_seconds=0.0).keep_watch())
    async with asyncio.timeout(10):
        while not idle.is_aborted:
            await asyncio.sleep(0.01)
    watching.cancel()
    assert not fine.is_closed


async def test_one_that_does_not_take_the_end_of_its_stream_is_cut(bench: Bench) -> None:
    streams = [bench.open(Selection(jobs=frozenset({JOB_ID}))) for _ in range(2)]
    await bench.settle()
    (taken, quick), (_, stuck) = streams
    assert quick.is_closed
    bench.hub.close(taken)
    Watch(bench.hub, cut_seconds=60.0).cut_idle(time.monotonic() + 61)
    assert stuck.is_aborted
    assert not quick.is_aborted


@pytest.mark.parametrize("trouble", [None, "the broker\nis away"])
async def test_quiet_streams_get_a_heartbeat_that_says_what_is_wrong(trouble: str | None) -> None:
    bench = make_bench()
    _, quiet = bench.open()
    bench.hub.trouble = trouble
    beating = asyncio.ensure_future(Watch(bench.hub, heartbeat_seconds=0.01).keep_beating())
    wanted = b": the broker is away\n\n" if trouble else b"\n\n:\n\n"
    async with asyncio.timeout(10):
        while wanted not in quiet.body():
            await asyncio.sleep(0.01)
    beating.cancel()


async def test_a_heartbeat_tells_the_cursor_that_moved_without_a_word(bench: Bench) -> None:
    subscription, connection = bench.open(Selection(owner="somebody else"))
    bench.log(*a_story())
    await bench.settle()
    Watch(bench.hub).beat(subscription)
    Watch(bench.hub).beat(subscription)
    assert connection.ids()[-1] == str(bench.hub.history.cursor(bench.hub.history.head))


async def test_one_whose_place_has_left_the_history_is_not_told_the_cursor_of_what_it_was_not_sent() -> None:
    bench = make_bench(max_events=10)
    bench.log(one_of_each(job_id=OTHER_ID)["job.queued"])
    subscription, connection = bench.open(Selection(jobs=frozenset({OTHER_ID})))
    await bench.settle()
    Watch(bench.hub).beat(subscription)
    before = connection.ids()
    bench.log(*a_story())
    await bench.settle()
    bench.log(*(event for _ in range(300) for event in a_story(OTHER_ID)))
    Watch(bench.hub).beat(subscription)
    assert connection.ids() == before
    await bench.settle()
    assert snapshots(connection)[-1]["reason"] == "fell-behind"


async def test_draining_says_goodbye_and_ends_every_stream(bench: Bench) -> None:
    clients = [bench.open()[1], bench.open(Selection(format=Format.TEXT))[1]]
    stuck = bench.open()[1]
    await bench.settle()
    stuck.is_full = True
    await bench.hub.drain()
    for connection in clients:
        assert "event: draining\n" in connection.body().decode()
        assert connection.is_closed
        assert not connection.is_aborted
    assert stuck.is_aborted
    assert bench.hub.is_draining
    assert len(bench.hub) == 0


async def test_one_that_comes_while_it_drains_is_told_so(bench: Bench) -> None:
    await bench.hub.drain()
    _, connection = bench.open()
    await bench.settle()
    assert told(connection) == ["snapshot", "draining"]
    assert connection.is_closed
    assert len(bench.hub) == 0


async def test_a_log_made_anew_is_a_snapshot_for_all(bench: Bench) -> None:
    bench.log(*a_story())
    _, connection = bench.open()
    bench.hub.history.forget()
    bench.hub.restart(Reason.LOG_REMADE)
    bench.log(*a_story(OTHER_ID))
    await bench.settle()
    assert [snapshot["reason"] for snapshot in snapshots(connection)] == ["new", "log-remade"]
    assert told(connection)[2:] == kinds(a_story())


async def test_the_hub_forgets_who_left(bench: Bench) -> None:
    subscription, _ = bench.open()
    assert len(bench.hub) == 1
    bench.hub.close(subscription)
    assert len(bench.hub) == 0
