from datetime import UTC, datetime

import pytest

from contracts.errors import IllegalTransitionError
from contracts.events import Artifact, Event, decode_event, encode
from contracts.state import JobState
from processor.catalogue import load_pipeline
from processor.stage import Progress
from processor.story import Story
from tests.attempts import fresh_record
from tests.samples import a_job

MADE = Artifact(name="size.txt", size=1, media_type="text/plain")


def a_story(attempt: int = 2) -> Story:
    return Story(load_pipeline("tests.pipelines:count"), attempt, "/processors/test", fresh_record(a_job()))


def told(story: Story, event: Event) -> Event:
    story.note(event)
    return event


def test_a_whole_story_in_order() -> None:
    story = a_story()
    events = [
        told(story, story.started()),
        told(story, story.stage_started(0)),
        told(story, story.stage_progressed(0, Progress(0.5, "half"))),
        told(story, story.stage_completed(0, seconds=1, artifacts={"size.txt": MADE}, facts={"size": 7})),
        told(story, story.stage_started(1)),
        told(story, story.stage_completed(1, seconds=1, artifacts={}, facts={})),
        told(story, story.completed(seconds=2)),
    ]
    assert [event.data.sequence for event in events] == [1, 2, 3, 4, 5, 6, 7]
    assert {event.data.attempt for event in events} == {2}
    assert [decode_event(encode(event)) for event in events] == events
    assert [getattr(event.data, "overall", None) for event in events] == [None, 0, 0.375, 0.75, 0.75, 1, None]
    assert events[-1].data.model_dump()["artifacts"] == (MADE.model_dump(),)


def test_the_next_attempt_counts_anew_and_keeps_what_was_made() -> None:
    first = a_story(attempt=1)
    for event in (first.started(), first.stage_started(0)):
        first.note(event)
    first.note(first.stage_completed(0, seconds=1, artifacts={"size.txt": MADE}, facts={"size": 7}))
    second = Story(first.pipeline, 2, "/processors/other", first.record)
    events = [
        told(second, second.retrying(reason="it went away", retry_at=datetime.now(UTC))),
        told(second, second.started()),
        told(second, second.stage_started(1)),
        told(second, second.stage_completed(1, seconds=1, artifacts={}, facts={})),
        told(second, second.completed(seconds=2)),
    ]
    assert [event.data.sequence for event in events] == [1, 2, 3, 4, 5]
    assert events[-1].data.model_dump()["artifacts"] == (MADE.model_dump(),)
    assert second.record.facts == {"measure": {"size": 7}, "repeat": {}}


def test_what_is_not_noted_was_not_told() -> None:
    story = a_story()
    story.note(story.started())
    before = story.record
    assert story.after(story.stage_started(0)).sequence == 2
    assert story.record is before


def test_what_the_state_machine_forbids_is_never_told() -> None:
    story = a_story()
    with pytest.raises(IllegalTransitionError):
        story.note(story.stage_started(0))
    story.note(story.started())
    story.note(story.failed(reason="x" * 5_000))
    for late in (story.started(), story.completed(seconds=1), story.failed(reason="again"), story.cancelled()):
        with pytest.raises(IllegalTransitionError):
            story.note(late)
    assert story.record.state is JobState.FAILED


def test_reasons_are_bounded() -> None:
    story = a_story()
    story.note(story.started())
    event = story.retrying(reason="x" * 5_000, retry_at=datetime.now(UTC))
    assert len(event.data.model_dump()["reason"]) == 2_000
