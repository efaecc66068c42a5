import time
from datetime import UTC, datetime

import pytest

from contracts.events import Event
from notifier.cursor import Cursor, proof_of
from notifier.history import BATCH_BYTES, TRIM_AT_ONCE, History
from notifier.selection import Format, Selection
from tests.hubs import encoded
from tests.samples import JOB_ID, a_story, one_of_each

OTHER_ID = "01a20bbc-322f-705e-8f23-50c7105c1200"


def history_of(*events: Event, max_events: int = 10_000, max_seconds: float = 3600, **bounds: int) -> History:
    history = History(max_events=max_events, max_seconds=max_seconds, **bounds)
    for offset, event in enumerate(events, 100):
        history.append(offset, event.id, encoded(event))
    return history


def test_a_batch_has_everything_in_order_and_its_cursor_on_the_last_frame() -> None:
    events = a_story()
    history = history_of(*events)
    batch = history.read(0, Selection())
    *before, last = batch.body.split(b"\n\n")[:-1]
    assert [frame.split(b"data: ")[1] for frame in (*before, last)] == [encoded(e).data[6:-2] for e in events]
    assert not any(frame.startswith(b"id: ") for frame in before)
    assert last.startswith(f"id: {history.cursor(history.head)}\n".encode())
    assert batch.position == history.head


def test_a_batch_is_bounded_and_the_next_goes_on_after_it() -> None:
    history = history_of(*(one_of_each("x" * 60_000)["job.completed"] for _ in range(20)))
    position, count = 0, 0
    while position < history.head:
        batch = history.read(position, Selection())
        assert len(batch.body) < BATCH_BYTES + 70_000
        position, count = batch.position, count + batch.events
    assert count == 20


def test_a_selection_passes_over_what_does_not_concern_it() -> None:
    mine, others = one_of_each()["job.queued"], one_of_each(job_id=OTHER_ID)["job.queued"]
    history = history_of(others, mine, others)
    batch = history.read(0, Selection(jobs=frozenset({JOB_ID})))
    assert (batch.events, batch.position) == (1, 3)
    assert history.read(0, Selection(owner="somebody else")).body == b""


def test_progress_can_be_left_out() -> None:
    history = history_of(*one_of_each().values())
    body = history.read(0, Selection(progress=False)).body
    assert b".progressed" not in body
    assert body.count(b"data: ") == len(one_of_each()) - 2


def test_one_that_is_late_gets_the_newest_progress_and_every_other_event() -> None:
    events = a_story(progress=30)
    history = history_of(*events)
    body = history.read(0, Selection(), is_late=True).body.decode()
    assert body.count("stage.progressed") == 1
    assert body.startswith(": 29 progress events left out")
    newest = [event for event in events if event.type == "stage.progressed"][-1]
    assert newest.id in body
    for event in events:
        assert event.type == "stage.progressed" or event.id in body


def test_words_have_no_ids() -> None:
    body = history_of(*one_of_each("a.csv").values()).read(0, Selection(format=Format.TEXT)).body.decode()
    assert "id:" not in body
    assert "data: file: a.csv: stage 2/5 identify: begin\n\n" in body


def test_a_client_goes_on_after_its_cursor() -> None:
    history = history_of(*a_story())
    for position in range(history.head + 1):
        assert history.after(history.cursor(position)) == (position or 0) or position == 0


def test_a_cursor_of_another_log_has_no_place() -> None:
    history = history_of(*a_story())
    assert history.after(Cursor(101, proof_of("another"))) is None
    assert history.after(Cursor(99, proof_of("older"))) is None
    assert history.after(Cursor(10**17, proof_of("newer"))) is None
    assert history.is_before(Cursor(99, proof_of("older")))
    assert not history.is_before(Cursor(10**17, proof_of("newer")))


def test_the_oldest_leave_past_the_count_and_positions_stay() -> None:
    events = [one_of_each()["job.queued"] for _ in range(3 * TRIM_AT_ONCE)]
    history = history_of(*events, max_events=TRIM_AT_ONCE)
    assert TRIM_AT_ONCE <= history.head - history.start < 2 * TRIM_AT_ONCE
    assert history.head == len(events)
    assert history.position_of(events[0].id) is None
    assert history.position_of(events[-1].id) == history.head - 1
    assert history[history.head - 1].event is not None
    assert history.after(history.cursor(history.start)) == history.start


def test_the_oldest_leave_past_the_bytes() -> None:
    events = [one_of_each("x" * 1000)["job.queued"] for _ in range(100)]
    history = history_of(*events, max_bytes=20_000)
    kept = [history[at].event for at in range(history.start, history.head)]
    assert sum(len(event.data) for event in kept if event is not None) <= 20_000
    assert history.head - history.start > 5


def test_what_is_too_old_leaves() -> None:
    history = history_of(*a_story(), max_seconds=-1.0)
    assert history.start == history.head == len(a_story())


def test_a_senders_clock_that_is_wrong_loses_nothing() -> None:
    old = one_of_each()["job.queued"].model_copy(update={"time": datetime.fromtimestamp(0, UTC)})
    history = history_of(old, *a_story())
    assert history.read(0, Selection()).events == 1 + len(a_story())


@pytest.mark.parametrize(("ago", "found"), [(3000, None), (1800, 1), (0, 2), (-60, 2)])
def test_since_a_moment(ago: float, found: int | None) -> None:
    now = time.time()
    events = [
        one_of_each()["job.queued"].model_copy(update={"time": datetime.fromtimestamp(now - seconds, UTC)})
        for seconds in (2400, 1200)
    ]
    assert history_of(*events).since(now - ago) == found


def test_since_the_beginning_of_the_whole_log() -> None:
    history = History(max_events=100, max_seconds=3600)
    history.append(0, "e", encoded(one_of_each()["job.queued"]))
    assert history.since(0.0) == 0


def test_a_log_made_anew() -> None:
    history = history_of(*a_story())
    cursor, head = history.cursor(3), history.head
    history.forget()
    assert history.start == history.head == head
    assert history.after(cursor) is None
