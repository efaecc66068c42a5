"""Attempts in real child processes, on real files; only the broker is left out."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import obstore
import psutil
import pytest

from contracts.blobs import artifact_key, open_store, source_key
from contracts.claims import Claim
from contracts.events import Event, StageStarted
from contracts.job import Job
from processor.catalogue import Offer, load_pipeline
from processor.chronicle import HEARTBEAT_SECONDS, Publish
from processor.errors import (
    PermanentFailure,
    SourceMissingError,
    StageCrashedError,
    StageRaisedError,
    StageTimedOutError,
    SupersededError,
)
from processor.folder import JobFolder
from processor.patience import Patience
from processor.workshop import Workshop
from tests.attempts import a_chronicle, fresh_record, run_attempt
from tests.samples import JOB_ID


class Bench:
    """A store with one file in it, and what was told about it."""

    def __init__(self, folder: Path) -> None:
        self.url = (folder / "blobs").as_uri()
        self.store = open_store(self.url)
        self.workdir = folder / "work"
        self.workdir.mkdir()
        self.events: list[Event] = []

    async def run(
        self,
        pipeline: str,
        content: bytes | None,
        *,
        attempt: int = 1,
        publish: Publish | None = None,
        heartbeat_seconds: float = 60,
    ) -> None:
        """Begin, or go on from what was recorded."""
        if content is not None:
            await obstore.put_async(self.store, source_key(JOB_ID), content)
        offer = Offer(f"tests.pipelines:{pipeline}", load_pipeline(f"tests.pipelines:{pipeline}"))
        job = Job(id=JOB_ID, name="a.txt", size=len(content or b""), pipeline=pipeline)
        known = await JobFolder(self.store, JOB_ID, Patience()).read_record() or fresh_record(job)
        chronicle = a_chronicle(
            offer, known, self.store, publish or self._publish, attempt=attempt, heartbeat_seconds=heartbeat_seconds
        )
        await run_attempt(chronicle, offer, Workshop(self.store, self.url, self.workdir))

    async def _publish(self, *events: Event) -> None:
        self.events.extend(events)

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
    await bench.run("count", b"x" * 3_000_000)
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
    with pytest.raises(error, match=words):
        await bench.run("trouble", content)
    assert bench.told == ["job.started", "stage.started", "stage.failed"]
    assert words in bench.facts("stage.failed")[0].reason


async def test_a_stage_out_of_time_is_killed_with_all_it_started(bench: Bench) -> None:
    with pytest.raises(StageTimedOutError, match="longer than"):
        await bench.run("slow", b"")
    pid = int(bytes(obstore.get(bench.store, f"jobs/{JOB_ID}/artifacts/child.txt").bytes()))
    assert not psutil.pid_exists(pid) or psutil.Process(pid).status() == psutil.STATUS_ZOMBIE


def test_a_heartbeat_that_is_due_leaves_the_broker_as_long_again() -> None:
    """The contract says: a word at least every 10 s."""
    assert HEARTBEAT_SECONDS <= 5


async def test_a_silent_stage_has_a_heartbeat(bench: Bench) -> None:
    heard: list[Any] = []

    class EnoughError(Exception):
        pass

    async def listen(*events: Event) -> None:
        heard.extend(event.data for event in events if event.type == "stage.progressed")
        if sum(fact.progress == 0.5 for fact in heard) == 3:  # the stage itself says it once
            raise EnoughError

    with pytest.raises(EnoughError):
        await bench.run("trouble", b"silent", publish=listen, heartbeat_seconds=0.02)
    assert {fact.message for fact in heard if fact.progress == 0.5} == {"half way"}
    assert [fact.sequence for fact in heard] == list(range(heard[0].sequence, heard[0].sequence + len(heard)))


async def test_what_the_broker_makes_us_wait_is_not_the_stages_time(bench: Bench) -> None:
    told: list[str] = []

    async def take_long(*events: Event) -> None:
        if any(event.type == "stage.progressed" for event in events):
            await asyncio.sleep(2.2)  # the broker's time, and more than the stage has
        told.extend(event.type for event in events)

    await bench.run("prompt", b"x", publish=take_long, heartbeat_seconds=0.5)
    assert told[:3] == ["job.started", "stage.started", "stage.progressed"]
    assert told[-1] == "stage.completed"


async def test_a_missing_file_is_a_permanent_failure(bench: Bench) -> None:
    with pytest.raises(SourceMissingError, match="not in the store"):
        await bench.run("count", None)
    assert bench.told == ["job.started"]


async def test_an_attempt_goes_on_at_the_stage_that_failed(bench: Bench) -> None:
    with pytest.raises(StageRaisedError, match="not the right moment"):
        await bench.run("steps", b"x")
    (bench.workdir.parent / "blobs" / "jobs" / JOB_ID / "artifacts" / "moment.txt").write_text("right")
    bench.events.clear()
    await bench.run("steps", None, attempt=2)
    assert bench.told == ["job.started", *["stage.started", "stage.completed"] * 2]
    assert [fact.stage.name for fact in bench.facts("stage.started")] == ["wait_for_it", "conclude"]
    assert bench.facts("stage.completed")[-1].facts == {"seen": 1, "runs": 1}


async def test_an_attempt_that_was_overtaken_stops_before_it_tells_of_its_artifacts(bench: Bench) -> None:
    claim = Claim(attempt=2, request=1, holder="/processors/other", token="t")

    async def be_overtaken(*events: Event) -> None:
        bench.events.extend(events)
        if bench.told == ["job.started", "stage.started"]:
            assert await JobFolder(bench.store, JOB_ID, Patience()).take(claim)

    with pytest.raises(SupersededError):
        await bench.run("count", b"x", publish=be_overtaken)
    assert bench.told == ["job.started", "stage.started"]


async def test_heartbeats_go_out_while_the_store_keeps_the_checkpoint_waiting(bench: Bench) -> None:
    heard: list[Event] = []
    record = bench.workdir.parent / "blobs" / "jobs" / JOB_ID / "job.json"

    async def listen(*events: Event) -> None:
        heard.extend(events)
        if events[-1].type == "stage.started":
            record.unlink()
            record.mkdir()  # no file can take its place
            (record / "in the way").touch()
        elif events[-1].type == "stage.progressed" and record.is_dir():
            (record / "in the way").unlink()
            record.rmdir()

    await bench.run("still", b"x", publish=listen, heartbeat_seconds=1)
    told = [event.type for event in heard]
    heartbeats = told[2:-1]  # as many as the store made it wait for
    assert told == ["job.started", "stage.started", *heartbeats, "stage.completed"]
    assert set(heartbeats) == {"stage.progressed"}
    assert [event.data.sequence for event in heard] == list(range(1, len(heard) + 1))


@pytest.mark.parametrize(
    ("pipeline", "stage", "name"), [("count", "measure", "size.txt"), ("dice", "look_at", "read.txt")]
)
async def test_an_attempt_that_was_overtaken_leaves_what_the_later_one_saved(
    bench: Bench, pipeline: str, stage: str, name: str
) -> None:
    claim = Claim(attempt=2, request=1, holder="/processors/other", token="t")

    async def be_overtaken(*events: Event) -> None:
        bench.events.extend(events)
        if any(isinstance(event, StageStarted) and event.data.stage.name == stage for event in events):
            assert await JobFolder(bench.store, JOB_ID, Patience()).take(claim)
            await obstore.put_async(bench.store, artifact_key(JOB_ID, name), b"the later one's")

    with pytest.raises(SupersededError):
        await bench.run(pipeline, b"x", publish=be_overtaken)
    assert bench.told[-1] == "stage.started"
    assert bytes(obstore.get(bench.store, artifact_key(JOB_ID, name)).bytes()) == b"the later one's"
