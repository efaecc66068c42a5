"""What a client's own queue brings, beside the log."""

import time

from contracts.events import encode
from notifier.selection import Selection
from notifier.subscription import MOST_AHEAD, QueueSubscription
from notifier.watch import Watch
from tests.hubs import EVERYTHING, Bench, FakeConnection, deliver, kinds, make_bench, snapshots, told
from tests.samples import JOB_ID, a_story, one_of_each

OTHER_ID = "01a20bbc-322f-705e-8f23-50c7105c1200"
THIRD_ID = "01a20bbc-322f-705e-8f23-50c7105c1201"


def joined(bench: Bench, selection: Selection = EVERYTHING) -> tuple[QueueSubscription, FakeConnection]:
    """A client whose queue has all that the log has from now on."""
    subscription, connection = bench.open(selection, queue=True)
    assert isinstance(subscription, QueueSubscription)
    subscription.joined_at = bench.hub.history.head
    return subscription, connection


async def test_before_it_is_joined_the_log_feeds_it(bench: Bench) -> None:
    _, connection = bench.open(queue=True)
    bench.log(*a_story())
    await bench.settle()
    assert told(connection)[1:] == kinds(a_story())


async def test_once_joined_the_queue_does(bench: Bench) -> None:
    events = a_story()
    subscription, connection = joined(bench)
    settled = deliver(subscription, bench.hub, *events)
    await bench.settle()
    assert told(connection)[1:] == kinds(events)
    assert settled == [event.id for event in events]
    bench.log(*events)
    await bench.settle()
    assert told(connection)[1:] == kinds(events)


async def test_what_the_log_has_sent_the_queue_does_not_send_again(bench: Bench) -> None:
    events = a_story()
    subscription, connection = bench.open(queue=True)
    bench.log(*events)
    await bench.settle()
    subscription.joined_at = 2  # type: ignore[attr-defined]
    settled = deliver(subscription, bench.hub, *events)
    await bench.settle()
    assert told(connection)[1:] == kinds(events)
    assert settled == [event.id for event in events]


async def test_the_cursor_is_the_longest_unbroken_run_of_the_log(bench: Bench) -> None:
    one, two, three = (one_of_each(job_id=job_id)["job.queued"] for job_id in (JOB_ID, OTHER_ID, THIRD_ID))
    subscription, _ = joined(bench)
    bench.log(one, two, three)
    deliver(subscription, bench.hub, one, three)
    await bench.settle()
    assert subscription.position == 1
    deliver(subscription, bench.hub, two)
    await bench.settle()
    assert subscription.position == 3


async def test_a_job_is_told_in_order_even_when_its_queue_skips(bench: Bench) -> None:
    events = a_story()
    subscription, connection = joined(bench)
    bench.log(*events)
    settled = deliver(subscription, bench.hub, *events[1:])
    await bench.settle()
    assert told(connection)[1:] == kinds(events)
    assert len(settled) == len(events) - 1


async def test_a_lost_copy_is_made_good_from_the_log(bench: Bench) -> None:
    events = [one_of_each(job_id=job_id)["job.queued"] for job_id in (JOB_ID, OTHER_ID, THIRD_ID)]
    subscription, connection = joined(bench)
    bench.log(*events)
    deliver(subscription, bench.hub, events[0], events[2])
    await bench.settle()
    assert len(told(connection)) == 1 + len(events) - 1
    Watch(bench.hub).mend(subscription, now=time.monotonic() + 60)
    await bench.settle()
    assert {encode(event).decode() for event in events} <= {frame[6:] for frame in connection.frames()}
    assert subscription.position == bench.hub.history.head


async def test_one_whose_queue_is_so_late_that_its_place_has_left_the_history_gets_a_snapshot() -> None:
    bench = make_bench(max_events=10)
    subscription, connection = joined(bench)
    bench.log(*(event for _ in range(300) for event in a_story()))
    Watch(bench.hub).mend(subscription, now=time.monotonic())
    await bench.settle()
    assert [snapshot["reason"] for snapshot in snapshots(connection)] == ["new", "fell-behind"]
    assert subscription.position == bench.hub.history.head


async def test_while_the_log_shows_nothing_what_is_remembered_of_it_is_bounded(bench: Bench) -> None:
    subscription, connection = joined(bench)
    events = a_story(progress=MOST_AHEAD)
    deliver(subscription, bench.hub, *events)
    await bench.settle()
    assert told(connection)[1:] == kinds(events)
    assert len(subscription._ahead) == MOST_AHEAD
    bench.log(*events)
    Watch(bench.hub).mend(subscription, now=time.monotonic() + 60)
    await bench.settle()
    assert subscription.position == bench.hub.history.head


async def test_without_its_queue_the_log_feeds_it_again(bench: Bench) -> None:
    events = a_story()
    subscription, connection = joined(bench)
    deliver(subscription, bench.hub, events[0])
    await bench.settle()
    subscription.leave_queue()
    bench.log(*events)
    await bench.settle()
    assert set(told(connection)[1:]) == set(kinds(events))
    assert subscription.position == bench.hub.history.head


async def test_one_client_is_not_ended_by_the_copy_of_another(bench: Bench) -> None:
    wish = Selection(jobs=frozenset({JOB_ID}))
    *before, last = a_story()
    bench.log(*before)
    one, first = joined(bench, wish)
    two, second = joined(bench, wish)
    deliver(one, bench.hub, last)
    bench.hub.wake(two)
    await bench.settle()
    assert first.is_closed
    assert not second.is_closed
    deliver(two, bench.hub, last)
    await bench.settle()
    assert told(second) == ["snapshot", "job.completed"]
    assert second.is_closed
