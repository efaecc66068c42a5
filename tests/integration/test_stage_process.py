"""Stages that print, eat, fork and hang, in real processes: none of it outlives them or harms the service."""

# ruff: noqa: T201 - printing is what is tested

import os
import resource
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import psutil
import pytest
from structlog.testing import capture_logs

from processor import Pipeline, Stage
from processor.child import OOM_SCORE_ADJUSTMENT, Finished, Raised, StageWork
from processor.errors import StageCrashedError
from processor.stage import Found, Progress, Saved, Source
from processor.stage_output import LAST_BYTES, LAST_LINES, MAX_LINES
from processor.stage_process import Message, StageProcess, stage_process
from tests.ground import wait_until, wait_until_async
from tests.samples import JOB_ID

SLEEP = [sys.executable, "-c", "import time; time.sleep(600)"]
LEAVE_ONE = f"""
import subprocess
print(subprocess.Popen({SLEEP}, start_new_session=True, stdout=subprocess.DEVNULL).pid)
"""

odd = Pipeline("odd")


@odd.stage()
def talk(stage: Stage) -> None:
    print("to standard output: 报告")
    print("to standard error \udcff", file=sys.stderr)
    subprocess.run(["echo", "from a child"], check=True)
    print("without an end", end="")
    stage.log.info("page.read", number=3)


@odd.stage()
def shout(stage: Stage) -> None:
    for number in range(200_000):
        print(f"line {number} " + "x" * 100)
    sys.stdout.write("y" * 5_000_000)
    stage.progress(1.0)


@odd.stage()
def eat(stage: Stage) -> None:
    resource.setrlimit(resource.RLIMIT_AS, (2 * 1024**3, 2 * 1024**3))
    _ = bytearray(4 * 1024**3)


@odd.stage()
def crash(stage: Stage) -> None:
    os.kill(os.getpid(), signal.SIGSEGV)


@odd.stage()
def spawn(stage: Stage) -> None:
    """Children in the group, out of it, and orphaned; and all signals that can be ignored are."""
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    near = subprocess.Popen(SLEEP)
    far = subprocess.Popen(SLEEP, start_new_session=True)
    orphan = subprocess.run([sys.executable, "-c", LEAVE_ONE], stdout=subprocess.PIPE, check=True, text=True).stdout
    stage.save("pids.txt", f"{os.getpid()} {near.pid} {far.pid} {orphan}")
    near.wait()


@odd.stage()
def await_nothing(stage: Stage) -> Any:
    async def never() -> None: ...

    return never()


@odd.stage()
def score(stage: Stage) -> None:
    stage.facts(score=int(Path("/proc/self/oom_score_adj").read_text()))


@odd.stage()
def hold_back(stage: Stage) -> None:
    stage.progress(0.1)
    stage.progress(0.2, "then silence")
    time.sleep(600)


@pytest.fixture
def source(tmp_path: Path) -> Source:
    path = tmp_path / "source"
    path.write_bytes(b"abcd")
    (tmp_path / "work").mkdir()
    return Source(path, "a.txt", 4)


def work(name: str, source: Source) -> StageWork:
    index = [stage.name for stage in odd.stages].index(name)
    folder = source.path.parent
    return StageWork(f"{__name__}:odd", index, JOB_ID, source, folder / "work", (folder / "blobs").as_uri(), {})


async def all_of(stage: StageProcess) -> list[Message]:
    messages: list[Message] = []
    while not messages or not isinstance(messages[-1], Finished | Raised):
        messages.append(await stage.receive())
    return messages


async def printed(name: str, source: Source) -> list[str]:
    with capture_logs() as lines:
        async with stage_process(work(name, source)) as stage:
            await all_of(stage)
    assert {(line["job_id"], line["stage"]) for line in lines} == {(JOB_ID, name)}
    return [line.get("line", line["event"]) for line in lines]


async def test_what_is_printed_and_logged_is_in_the_log(source: Source) -> None:
    lines = await printed("talk", source)
    assert sorted(lines) == sorted([
        "to standard output: 报告", "to standard error \\udcff", "from a child", "without an end", "page.read",
    ])  # fmt: skip


async def test_megabytes_of_output_are_dropped_but_the_last_lines(source: Source) -> None:
    lines = await printed("shout", source)
    assert lines[0].startswith("line 0 xx")
    assert lines[MAX_LINES - 1].startswith(f"line {MAX_LINES - 1} ")
    assert "stage.printed_too_much" in lines
    assert lines[-1].startswith("yyy")
    assert len(lines) <= MAX_LINES + 1 + LAST_LINES
    assert len("".join(lines[MAX_LINES:])) <= LAST_BYTES + 100


async def test_out_of_memory_is_a_reason(source: Source) -> None:
    async with stage_process(work("eat", source)) as stage:
        [outcome] = await all_of(stage)
    assert isinstance(outcome, Raised)
    assert outcome.reason == "MemoryError"


async def test_a_crash_in_c_shows_where_it_was(source: Source) -> None:
    with capture_logs() as lines:
        async with stage_process(work("crash", source)) as stage:
            with pytest.raises(StageCrashedError, match="killed by SIGSEGV"):
                await stage.receive()
    assert any("in crash" in line["line"] for line in lines)


@pytest.mark.skipif(sys.platform != "linux", reason="other systems do not tell a process's descendants")
async def test_all_that_a_stage_started_ends_with_it(source: Source) -> None:
    async with stage_process(work("spawn", source)) as stage:
        assert isinstance(await stage.receive(), Saved)
        text = (source.path.parent / "blobs" / "jobs" / JOB_ID / "artifacts" / "pids.txt").read_text()
        family = [psutil.Process(int(pid)) for pid in text.split()]
        assert len(family) == 4
    await wait_until_async(lambda: not any(map(is_alive, family)), 10, what="the end of all")


async def test_what_was_never_awaited_is_no_success(source: Source) -> None:
    async with stage_process(work("await_nothing", source)) as stage:
        [outcome] = await all_of(stage)
    assert isinstance(outcome, Raised)
    assert "awaited" in outcome.reason


@pytest.mark.skipif(sys.platform != "linux", reason="other systems choose in their own way")
async def test_out_of_memory_the_kernel_prefers_the_stage(source: Source) -> None:
    async with stage_process(work("score", source)) as stage:
        [found, _] = await all_of(stage)
    assert found == Found({"score": int(OOM_SCORE_ADJUSTMENT)})


async def test_progress_that_was_held_back_comes_in_the_silence_after_it(source: Source) -> None:
    async with stage_process(work("hold_back", source)) as stage:
        assert await stage.receive() == Progress(0.1, "")
        assert await stage.receive() == Progress(0.2, "then silence")


async def test_a_stage_that_is_cancelled_at_once_leaves_nothing(source: Source) -> None:
    before = {child.pid for child in psutil.Process().children(recursive=True)}
    for _ in range(5):
        async with stage_process(work("hold_back", source)):
            pass
    wait_until(lambda: {child.pid for child in psutil.Process().children(recursive=True)} <= before | servers(), 10)


def servers() -> set[int]:
    """The fork server and its resource tracker stay."""
    return {child.pid for child in psutil.Process().children()}


def is_alive(process: psutil.Process) -> bool:
    return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
