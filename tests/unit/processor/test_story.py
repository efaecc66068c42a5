from datetime import UTC, datetime

import pytest

from contracts.errors import IllegalTransitionError
from contracts.events import Artifact, decode_event, encode
from processor.catalogue import load_pipeline
from processor.stage import Progress
from processor.story import Story
from tests.samples import a_job


@pytest.fixture
def story() -> Story:
    return Story(a_job(), 2, load_pipeline("tests.pipelines:count"), "/processors/test")


def test_a_whole_story_in_order(story: Story) -> None:
    made = Artifact(name="size.txt", size=1, media_type="text/plain")
    events = [
        story.started(),
        story.stage_started(0),
        story.stage_progressed(0, Progress(0.5, "half")),
        story.stage_completed(0, seconds=1, artifacts={"size.txt": made}, facts={"size": 7}),
        story.stage_started(1),
        story.stage_completed(1, seconds=1, artifacts={}, facts={}),
        story.completed(seconds=2),
    ]
    assert [event.data.sequence for event in events] == [1, 2, 3, 4, 5, 6, 7]
    assert {event.data.attempt for event in events} == {2}
    assert [decode_event(encode(event)) for event in events] == events
    assert [getattr(event.data, "overall", None) for event in events] == [None, 0, 0.375, 0.75, 0.75, 1, None]
    assert events[-1].data.model_dump()["artifacts"] == (made.model_dump(),)


def test_what_the_state_machine_forbids_is_never_told(story: Story) -> None:
    with pytest.raises(IllegalTransitionError):
        story.stage_started(0)
    story.started()
    story.failed(reason="x" * 5_000)
    for late in (story.started, lambda: story.completed(seconds=1), lambda: story.failed(reason="again")):
        with pytest.raises(IllegalTransitionError):
            late()


def test_reasons_are_bounded(story: Story) -> None:
    story.started()
    told = story.retrying(reason="x" * 5_000, retry_at=datetime.now(UTC))
    assert len(told.data.model_dump()["reason"]) == 2_000
