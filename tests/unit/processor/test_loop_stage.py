"""Stages as `async def`, in the event loop of the test."""

import asyncio
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from contracts.blobs import open_store
from processor import AsyncStage, PermanentFailure, Pipeline
from processor.child import Finished, Raised, StageWork
from processor.loop_stage import LoopStage, loop_stage
from processor.stage import Found, Progress, Saved, Source
from processor.stage_process import Message
from tests.samples import JOB_ID

waits = Pipeline("waits")


@waits.stage()
async def tell(stage: AsyncStage) -> None:
    size = 0
    async for chunk in stage.source.async_chunks(2):
        size += len(chunk)
        stage.progress(size / stage.source.size)
    await stage.save("size.txt", str(size))
    await stage.save("copy.txt", await stage.artifact_path("size.txt"))
    stage.log.info("counted", size=size)
    await asyncio.to_thread(stage.facts, size=size)
    assert await stage.read("copy.txt") == b"4"


@waits.stage()
async def fail(stage: AsyncStage) -> None:
    raise PermanentFailure(stage.source.name)


@waits.stage()
async def leave(stage: AsyncStage) -> None:
    raise SystemExit(3)


@waits.stage()
async def cancel_itself(stage: AsyncStage) -> None:
    raise asyncio.CancelledError


@waits.stage()
async def hang(stage: AsyncStage) -> None:
    stage.progress(0.25)
    stage.progress(0.5, "held back, but not for ever")
    try:
        await asyncio.Event().wait()
    finally:
        stage.progress(1.0)
        stage.source.path.write_text("tidied up")


@waits.stage()
async def be_stubborn(stage: AsyncStage) -> None:
    stage.progress(0.5)
    for _ in range(3):
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            continue
    await stage.save("late.txt", "late")


@pytest.fixture
def source(tmp_path: Path) -> Source:
    path = tmp_path / "source"
    path.write_bytes(b"abcd")
    return Source(path, "a.txt", 4)


def work(name: str, source: Source) -> StageWork:
    index = [stage.name for stage in waits.stages].index(name)
    folder = source.path.parent
    return StageWork(
        f"{__name__}:waits", index, JOB_ID, source, folder / "work", (folder / "blobs").as_uri(), {}, attempt=1
    )


async def all_of(stage: LoopStage) -> list[Message]:
    messages: list[Message] = []
    while not messages or not isinstance(messages[-1], Finished | Raised):
        messages.append(await stage.receive())
    return messages


async def test_it_tells_what_a_process_would(source: Source) -> None:
    with capture_logs() as lines:
        async with loop_stage(work("tell", source)) as stage:
            messages = await all_of(stage)
    assert [saved.artifact.name for saved in messages if isinstance(saved, Saved)] == ["size.txt", "copy.txt"]
    assert all(saved.artifact.sha256 for saved in messages if isinstance(saved, Saved))
    assert Found({"size": 4}) in messages
    assert [message for message in messages if isinstance(message, Progress)][-1] == Progress(1.0, "")
    assert messages[-1] == Finished()
    assert {"event": "counted", "size": 4, "job_id": JOB_ID, "stage": "tell", "log_level": "info"} in lines


@pytest.mark.parametrize(
    ("name", "reason", "is_permanent"),
    [
        ("fail", "a.txt", True),
        ("leave", "SystemExit: 3", False),
        ("cancel_itself", "CancelledError", False),
    ],
)
async def test_it_fails_as_a_process_would(source: Source, name: str, reason: str, is_permanent: bool) -> None:
    async with loop_stage(work(name, source)) as stage:
        [outcome] = await all_of(stage)
    assert isinstance(outcome, Raised)
    assert (outcome.reason, outcome.is_permanent) == (reason, is_permanent)


async def test_it_really_stops_and_tidies_up(source: Source) -> None:
    async with loop_stage(work("hang", source)) as stage:
        assert await stage.receive() == Progress(0.25, "")
        assert await stage.receive() == Progress(0.5, "held back, but not for ever")
    assert source.path.read_text() == "tidied up"
    assert not [task for task in asyncio.all_tasks() if task.get_name().startswith("stage")]


async def test_one_that_goes_on_is_told_again_and_stores_nothing(source: Source) -> None:
    async with loop_stage(work("be_stubborn", source)) as stage:
        await stage.receive()
    assert not [task for task in asyncio.all_tasks() if task.get_name().startswith("stage")]
    store = open_store((source.path.parent / "blobs").as_uri())
    assert store.list(f"jobs/{JOB_ID}").collect() == []
