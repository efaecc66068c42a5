from datetime import UTC, datetime, timedelta

from uuid_utils import uuid7

from client.board import MOST, Board
from client.stream import Snapshot
from contracts.snapshot import JobSnapshot, fold
from contracts.state import JobState
from tests.samples import JOB_ID, a_job, a_story


def test_events_are_folded_and_doubles_change_nothing() -> None:
    board, story = Board(), a_story()
    changes = [board.take(event) for event in (*story, *story)]
    assert [len(change) for change in changes] == [1] * len(story) + [0] * len(story)
    assert changes[len(story) - 1][0].state is JobState.COMPLETED
    assert board.are_over([JOB_ID])


def test_a_snapshot_takes_the_place_of_what_was_known() -> None:
    board = Board()
    for event in a_story():
        board.take(event)
    other = fold(None, a_story(str(uuid7()))[0])
    assert board.take(Snapshot(reason="too-old", cursor="1-aaaaaaaa", jobs=(other,))) == (other,)
    assert not board.are_over([JOB_ID])
    assert board.take(Snapshot(reason="too-old", cursor="1-aaaaaaaa", jobs=(other,))) == ()


def test_past_its_bound_the_jobs_that_ended_first_go() -> None:
    board, start = Board(), datetime(2026, 11, 23, tzinfo=UTC)
    active = fold(None, a_story()[0])
    ended = [
        JobSnapshot(
            job=a_job(job_id=str(uuid7())),
            state=JobState.COMPLETED,
            attempt=1,
            sequence=1,
            queued_at=start,
            heard_at=start,
            ended_at=start + timedelta(seconds=number),
        )
        for number in range(MOST)
    ]
    board.take(Snapshot(reason="new", cursor="1-aaaaaaaa", jobs=(*ended, active)))
    newest = a_story(str(uuid7()))[0]
    board.take(newest)
    assert not board.are_over([ended[0].job.id])
    assert board.are_over([job.job.id for job in ended[1:]])
