"""What is told in which order, and what of it is recorded by then."""

import asyncio
import time
from itertools import chain

import pytest
from obstore.store import MemoryStore

from contracts.claims import Claim
from contracts.events import Event, StageCompleted
from contracts.state import JobState
from processor.chronicle import COMMIT_SECONDS, Chronicle
from processor.errors import SupersededError
from processor.folder import JobFolder
from processor.patience import Patience
from processor.pipeline import Pipeline
from processor.stage import Progress, Stage
from processor.story import Story
from tests.attempts import fresh_record
from tests.ground import wait_until_async
from tests.samples import JOB_ID, a_job

steps = Pipeline("steps")
STAGES = 5


def add_stage(number: int) -> None:
    def stage(stage: Stage) -> None: ...

    stage.__name__ = f"stage_{number}"
    steps.stage()(stage)


for each in range(STAGES):
    add_stage(each)


class Told:
    """A broker that holds each batch against the record as it stands then."""

    def __init__(self) -> None:
        self.folder = JobFolder(MemoryStore(), JOB_ID, Patience())
        self.chronicle = Chronicle(
            Story(steps, 1, "/processors/test", fresh_record(a_job())), self.folder, self.publish
        )
        self.batches: list[list[str]] = []
        self.sequences: list[int] = []
        self.is_away = asyncio.Event()
        self.is_away.set()

    async def publish(self, *events: Event) -> None:
        record = await self.folder.read_record()
        assert record is not None
        for event in events:
            if isinstance(event, StageCompleted):
                assert event.data.stage.name in record.completed_stages
        await self.is_away.wait()
        self.batches.append([event.type for event in events])
        self.sequences.extend(event.data.sequence for event in events)

    async def start(self) -> None:
        await self.chronicle.begin(self.chronicle.story.started())
        await self.chronicle.catch_up()

    def run_stage(self, index: int) -> None:
        self.chronicle.note(self.chronicle.story.stage_started(index))
        self.complete(index)

    def complete(self, index: int) -> None:
        self.chronicle.note_kept(self.chronicle.story.stage_completed(index, seconds=0, artifacts={}, facts={}))


async def test_stages_that_take_no_time_share_a_checkpoint_and_are_told_together() -> None:
    told = Told()
    await told.start()
    told.chronicle.note(told.chronicle.story.stage_started(0))
    await asyncio.sleep(0)
    told.complete(0)
    for index in range(1, STAGES):
        told.run_stage(index)
    await told.chronicle.keep(told.chronicle.story.completed(seconds=0))
    pair = ["stage.started", "stage.completed"]
    assert told.batches == [["job.started"], ["stage.started"], ["stage.completed", *pair * 4, "job.completed"]]
    assert told.sequences == list(range(1, 13))


async def test_stages_begin_once_their_attempt_is_recorded_though_nobody_is_told_yet() -> None:
    told = Told()
    told.is_away.clear()
    await told.chronicle.begin(told.chronicle.story.started())
    record = await told.folder.read_record()
    assert record is not None
    assert record.state is JobState.RUNNING
    await told.chronicle.wait_if_late()
    assert told.batches == []
    await told.chronicle.close()


async def test_what_is_still_to_be_told_when_the_job_ends_is_recorded_first_and_leaves_at_once() -> None:
    told = Told()
    told.is_away.clear()
    await told.chronicle.begin(told.chronicle.story.started())
    await asyncio.sleep(0)
    for index in range(STAGES):
        told.run_stage(index)
    ending = asyncio.ensure_future(told.chronicle.keep(told.chronicle.story.completed(seconds=0)))
    await asyncio.sleep(0)
    told.is_away.set()
    await ending
    assert told.batches == [["job.started"], [*["stage.started", "stage.completed"] * STAGES, "job.completed"]]
    assert told.sequences == list(range(1, 13))


async def test_a_completed_stage_is_recorded_and_told_while_the_next_one_runs() -> None:
    told = Told()
    await told.start()
    told.run_stage(0)
    told.chronicle.note(told.chronicle.story.stage_started(1))
    await wait_until_async(lambda: len(told.sequences) == 4, 30, what="the word that nobody asked for")
    assert told.sequences == [1, 2, 3, 4]


async def test_of_progress_that_waits_only_the_newest_is_told() -> None:
    told = Told()
    await told.start()
    told.chronicle.note(told.chronicle.story.stage_started(0))
    told.is_away.clear()
    await asyncio.sleep(0)
    for percent in range(100):
        told.chronicle.note_progress(0, Progress(percent / 100, ""))
    told.is_away.set()
    await told.chronicle.catch_up()
    assert list(chain(*told.batches)) == ["job.started", "stage.started", "stage.progressed"]
    assert told.sequences == [1, 2, 3]
    assert told.chronicle.story.record.stages[0].progress == 0.99


async def test_what_is_overtaken_is_not_told() -> None:
    told = Told()
    await told.start()
    assert await told.folder.take(Claim(attempt=2, request=1, holder="/processors/other", token="t"))
    told.run_stage(0)
    with pytest.raises(SupersededError):
        await told.chronicle.catch_up()
    with pytest.raises(SupersededError):
        told.run_stage(1)
    assert told.batches == [["job.started"]]


async def test_what_is_saved_is_recorded_though_nobody_is_told() -> None:
    told = Told()
    await told.start()
    told.is_away.clear()
    told.run_stage(0)
    await told.chronicle.save()
    record = await told.folder.read_record()
    assert record is not None
    assert record.completed_stages == {"stage_0"}
    assert told.batches == [["job.started"]]


async def test_more_is_begun_when_what_is_late_has_been_told() -> None:
    told = Told()
    await told.start()
    told.run_stage(0)
    await told.chronicle.wait_if_late()
    assert told.batches == [["job.started"]]  # it is young
    told.is_away.clear()
    late_at = time.monotonic() + COMMIT_SECONDS
    await wait_until_async(lambda: time.monotonic() > late_at, 30)
    waiting = asyncio.ensure_future(told.chronicle.wait_if_late())
    assert not (await asyncio.wait({waiting}, timeout=COMMIT_SECONDS))[0]
    told.is_away.set()
    await waiting
    assert told.sequences == [1, 2, 3]
