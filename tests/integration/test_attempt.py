"""Attempts in real child processes, on real files; only the broker is left out."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import obstore
import psutil
import pytest

from contracts.blobs import open_store, source_key
from contracts.events import Event
from contracts.job import Job
from processor.attempt import Attempt, Publish, Workshop
from processor.catalogue import Offer, load_pipeline
from processor.errors import (
    PermanentFailure,
    SourceMissingError,
    StageCrashedError,
    StageRaisedError,
    StageTimedOutError,
)
from processor.story import Story
from tests.samples import JOB_ID


class Bench:
    """A store with one file in it, and what was told about it."""

    def __init__(self, folder: Path) -> None:
        self.url = (folder / "blobs").as_uri()
        self.store = open_store(self.url)
        self.workdir = folder / "work"
        self.workdir.mkdir()
        self.events: list[Event] = []

    async def attempt(
        self, pipeline: str, content: bytes | None, *, publish: Publish | None = None, heartbeat_seconds: float = 60
    ) -> Attempt:
        if content is not None:
            await obstore.put_async(self.store, source_key(JOB_ID), content)
        offer = Offer(f"tests.pipelines:{pipeline}", load_pipeline(f"tests.pipelines:{pipeline}"))
        job = Job(id=JOB_ID, name="a.txt", size=len(content or b""), pipeline=pipeline)
        story = Story(job, 1, offer.pipeline, "/processors/test")
        workshop = Workshop(self.store, self.url, self.workdir)
        return Attempt(offer, story, workshop, publish or self._publish, heartbeat_seconds=heartbeat_seconds)

    async def _publish(self, event: Event) -> None:
        self.events.append(event)

    @property
    def told(self) -> list[str]:
        return [event.type for event in self.events if event.type != "stage.progressed"]

    def facts(self, kind: str) -> list[Any]:
        return [event.data for event in self.events if event.type == kind]


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path)


@pytest.fixture(autouse=True)
async def nothing_is_left(bench: Bench) -> AsyncIterator[None]:
    yield
    assert list(bench.workdir.iterdir()) == []


async def test_stages_run_in_order_and_hand_on_what_they_made(bench: Bench) -> None:
    attempt = await bench.attempt("count", b"x" * 3_000_000)
    await attempt.run()
    assert bench.told == ["job.started", *["stage.started", "stage.completed"] * 2]
    [first, second] = bench.facts("stage.completed")
    assert (first.facts, second.facts) == ({"size": 3_000_000}, {"earlier": 3_000_000})
    assert [artifact.name for artifact in (*first.artifacts, *second.artifacts)] == ["size.txt", "copy.txt"]
    progress = [fact.progress for fact in bench.facts("stage.progressed")]
    assert progress == sorted(progress)
    assert progress[-1] == 1.0


@pytest.mark.parametrize(
    ("content", "error", "words"),
    [
        (b"raise", StageRaisedError, "ValueError: the number 7 is missing"),
        (b"permanent", PermanentFailure, "this file is beyond repair"),
        (b"exit", StageCrashedError, "exit code 3"),
        (b"killed", StageCrashedError, "SIGKILL"),
    ],
)
async def test_a_failing_stage_says_why(bench: Bench, content: bytes, error: type[Exception], words: str) -> None:
    attempt = await bench.attempt("trouble", content)
    with pytest.raises(error, match=words):
        await attempt.run()
    assert bench.told == ["job.started", "stage.started", "stage.failed"]
    assert words in bench.facts("stage.failed")[0].reason


async def test_a_stage_out_of_time_is_killed_with_all_it_started(bench: Bench) -> None:
    attempt = await bench.attempt("slow", b"")
    with pytest.raises(StageTimedOutError, match="longer than"):
        await attempt.run()
    pid = int(bytes(obstore.get(bench.store, f"jobs/{JOB_ID}/artifacts/child.txt").bytes()))
    assert not psutil.pid_exists(pid) or psutil.Process(pid).status() == psutil.STATUS_ZOMBIE


async def test_a_silent_stage_has_a_heartbeat(bench: Bench) -> None:
    heard: list[Any] = []

    class EnoughError(Exception):
        pass

    async def listen(event: Event) -> None:
        if event.type == "stage.progressed":
            heard.append(event.data)
        if sum(fact.progress == 0.5 for fact in heard) == 3:  # the stage itself says it once
            raise EnoughError

    attempt = await bench.attempt("trouble", b"silent", publish=listen, heartbeat_seconds=0.02)
    with pytest.raises(EnoughError):
        await attempt.run()
    assert {fact.message for fact in heard if fact.progress == 0.5} == {"half way"}
    assert [fact.sequence for fact in heard] == list(range(heard[0].sequence, heard[0].sequence + len(heard)))


async def test_a_missing_file_is_a_permanent_failure(bench: Bench) -> None:
    attempt = await bench.attempt("count", None)
    with pytest.raises(SourceMissingError, match="not in the store"):
        await attempt.run()
    assert bench.told == ["job.started"]
