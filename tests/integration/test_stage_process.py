"""Stages that print, eat, fork and hang, in real processes: none of it outlives them or harms the service."""

# ruff: noqa: T201 - printing is what is tested

import asyncio
import dataclasses
import os
import resource
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import psutil
import pytest
from structlog.testing import capture_logs

from processor import Pipeline, Stage
from processor.child import OOM_SCORE_ADJUSTMENT, SHORT_SECONDS, Finished, Raised, StageWork
from processor.errors import StageCrashedError
from processor.process_pool import MOST_JOBS, ProcessPool, StageProcesses, stage_processes
from processor.stage import Found, Progress, Saved, Source
from processor.stage_output import LAST_BYTES, LAST_LINES, MAX_LINES
from processor.stage_process import Message, StageProcess
from processor.traits import MOST_MORE_KB
from tests.ground import wait_until, wait_until_async
from tests.samples import JOB_ID

SLEEP = [sys.executable, "-c", "import time; time.sleep(600)"]
LEAVE_ONE = f"""
import subprocess
print(subprocess.Popen({SLEEP}, start_new_session=True, stdout=subprocess.DEVNULL).pid)
"""

kept: list[bytes] = []
odd = Pipeline("odd")
alone = Pipeline("alone", isolate_jobs=True)


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


def start_family(stage: Stage) -> None:
    """Children in the group, out of it, orphaned, and with the stage's pipes; all signals that can be ignored are."""
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    near = subprocess.Popen(SLEEP)
    far = subprocess.Popen(SLEEP, start_new_session=True)
    orphan = subprocess.run([sys.executable, "-c", LEAVE_ONE], stdout=subprocess.PIPE, check=True, text=True).stdout
    if (copy := os.fork()) == 0:
        os.setsid()
        time.sleep(600)
        os._exit(0)
    stage.save("pids.txt", f"{os.getpid()} {near.pid} {far.pid} {orphan} {copy}")


@odd.stage()
def spawn(stage: Stage) -> None:
    start_family(stage)
    time.sleep(600)


@odd.stage()
def spawn_and_crash(stage: Stage) -> None:
    start_family(stage)
    os.kill(os.getpid(), signal.SIGKILL)


@odd.stage()
def spawn_and_exit(stage: Stage) -> None:
    start_family(stage)
    os._exit(3)


@odd.stage()
def spawn_and_return(stage: Stage) -> None:
    start_family(stage)


@odd.stage()
def await_nothing(stage: Stage) -> Any:
    async def never() -> None: ...

    return never()


@odd.stage()
def score(stage: Stage) -> None:
    stage.facts(score=int(Path("/proc/self/oom_score_adj").read_text()))


@odd.stage()
def say_who(stage: Stage) -> None:
    print("in", Path.cwd().name, end="")
    stage.facts(pid=os.getpid(), earlier=len(stage.earlier))


@odd.stage()
def leave_a_thread(stage: Stage) -> None:
    threading.Thread(target=time.sleep, args=(600,), daemon=True).start()
    stage.facts(pid=os.getpid())


@odd.stage()
def leave_an_orphan(stage: Stage) -> None:
    orphan = subprocess.run([sys.executable, "-c", LEAVE_ONE], stdout=subprocess.PIPE, check=True, text=True).stdout
    stage.facts(pid=os.getpid(), orphan=int(orphan))


@odd.stage()
def change_the_environment(stage: Stage) -> None:
    os.environ["LANG"] = "tlh"
    stage.facts(pid=os.getpid())


@odd.stage()
def change_the_umask(stage: Stage) -> None:
    os.umask(0o077)
    stage.facts(pid=os.getpid())


@odd.stage()
def ignore_a_signal(stage: Stage) -> None:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    stage.facts(pid=os.getpid())


@odd.stage()
def lower_a_limit(stage: Stage) -> None:
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    stage.facts(pid=os.getpid())


@odd.stage()
def keep_much(stage: Stage) -> None:
    kept.append(bytes(MOST_MORE_KB * 1024) + b"x")
    stage.facts(pid=os.getpid())


@odd.stage()
def take_a_while(stage: Stage) -> None:
    time.sleep(SHORT_SECONDS * 1.1)
    stage.facts(pid=os.getpid())


@odd.stage()
def fail(stage: Stage) -> None:
    stage.facts(pid=os.getpid())
    raise RuntimeError


@odd.stage()
def hold_back(stage: Stage) -> None:
    stage.progress(0.1)
    stage.progress(0.2, "then silence")
    time.sleep(600)


@alone.stage()
def say_who_is_alone(stage: Stage) -> None:
    stage.facts(pid=os.getpid())


@pytest.fixture
def source(tmp_path: Path) -> Source:
    path = tmp_path / "source"
    path.write_bytes(b"abcd")
    (tmp_path / "work").mkdir()
    return Source(path, "a.txt", 4)


def work(name: str, source: Source, *, workdir: str = "work", earlier: Mapping[str, Any] | None = None) -> StageWork:
    index = [stage.name for stage in odd.stages].index(name)
    folder = source.path.parent
    blobs = (folder / "blobs").as_uri()
    return StageWork(f"{__name__}:odd", index, JOB_ID, source, folder / workdir, blobs, earlier or {}, attempt=1)


async def all_of(stage: StageProcess) -> list[Message]:
    messages: list[Message] = []
    while not messages or not isinstance(messages[-1], Finished | Raised):
        messages.append(await stage.receive())
    return messages


async def found_by(processes: StageProcesses, stage_work: StageWork) -> Any:
    """A stage's facts, once it has ended and its process waits or is gone."""
    async with processes.run(stage_work) as stage:
        messages = await all_of(stage)
    return next(message.facts for message in messages if isinstance(message, Found))


async def printed(name: str, source: Source) -> list[str]:
    with capture_logs() as lines:
        async with stage_processes() as processes, processes.run(work(name, source)) as stage:
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
    async with stage_processes() as processes, processes.run(work("eat", source)) as stage:
        [outcome] = await all_of(stage)
    assert isinstance(outcome, Raised)
    assert outcome.reason == "MemoryError"


async def test_a_crash_in_c_shows_where_it_was(source: Source) -> None:
    with capture_logs() as lines:
        async with stage_processes() as processes, processes.run(work("crash", source)) as stage:
            with pytest.raises(StageCrashedError, match="killed by SIGSEGV"):
                await stage.receive()
    assert any("in crash" in line["line"] for line in lines)


@pytest.mark.skipif(sys.platform != "linux", reason="other systems do not tell a process's descendants")
@pytest.mark.parametrize("name", ["spawn", "spawn_and_crash", "spawn_and_exit", "spawn_and_return"])
async def test_all_that_a_stage_started_ends_with_it(source: Source, name: str) -> None:
    async with stage_processes() as processes, processes.run(work(name, source)) as stage:
        assert isinstance(await stage.receive(), Saved)
        text = (source.path.parent / "blobs" / "jobs" / JOB_ID / "artifacts" / "pids.txt").read_text()
        family = [int(pid) for pid in text.split()]
        assert len(family) == 5
    assert not any(map(psutil.pid_exists, family))


@pytest.mark.parametrize(("name", "end"), [("spawn_and_crash", "SIGKILL"), ("spawn_and_exit", "exit code 3")])
async def test_a_crash_is_seen_at_once_though_children_have_the_stages_pipes(
    source: Source, name: str, end: str
) -> None:
    async with asyncio.timeout(60), stage_processes() as processes, processes.run(work(name, source)) as stage:
        assert isinstance(await stage.receive(), Saved)
        with pytest.raises(StageCrashedError, match=end):
            await stage.receive()


async def test_what_was_never_awaited_is_no_success(source: Source) -> None:
    async with stage_processes() as processes, processes.run(work("await_nothing", source)) as stage:
        [outcome] = await all_of(stage)
    assert isinstance(outcome, Raised)
    assert "awaited" in outcome.reason


@pytest.mark.skipif(sys.platform != "linux", reason="other systems choose in their own way")
async def test_out_of_memory_the_kernel_prefers_the_stage(source: Source) -> None:
    async with stage_processes() as processes, processes.run(work("score", source)) as stage:
        [found, _] = await all_of(stage)
    assert found == Found({"score": int(OOM_SCORE_ADJUSTMENT)})


async def test_progress_that_was_held_back_comes_in_the_silence_after_it(source: Source) -> None:
    async with stage_processes() as processes, processes.run(work("hold_back", source)) as stage:
        assert await stage.receive() == Progress(0.1, "")
        assert await stage.receive() == Progress(0.2, "then silence")


async def test_a_stage_that_is_cancelled_at_once_leaves_nothing(source: Source) -> None:
    before = {child.pid for child in psutil.Process().children(recursive=True)}
    for _ in range(5):
        async with stage_processes() as processes, processes.run(work("hold_back", source)):
            pass
    wait_until(lambda: {child.pid for child in psutil.Process().children(recursive=True)} <= before | servers(), 10)


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere each stage has a process of its own")
async def test_short_stages_in_a_row_share_a_process_and_nothing_else(source: Source) -> None:
    (source.path.parent / "other").mkdir()
    for _ in range(10):  # where the machine is so busy that an empty stage is no short one, they have two
        with capture_logs() as lines:
            async with stage_processes() as processes:
                first = await found_by(processes, work("say_who", source))
                second = await found_by(processes, work("say_who", source, workdir="other"))
                third = await found_by(processes, work("score", source))
        assert third == {"score": int(OOM_SCORE_ADJUSTMENT)}
        assert [line["line"] for line in lines] == ["in work", "in other"]
        if first == second:
            break
    assert first == second
    await wait_until_async(lambda: not psutil.pid_exists(first["pid"]), 10, what="the end of the process that waited")


CHANGES = ["change_the_environment", "change_the_umask", "ignore_a_signal", "lower_a_limit", "keep_much"]


@pytest.mark.parametrize("name", ["leave_a_thread", "leave_an_orphan", "take_a_while", "fail", *CHANGES])
async def test_a_stage_that_changed_its_process_is_its_last(source: Source, name: str) -> None:
    async with stage_processes() as processes:
        found = await found_by(processes, work(name, source))
        assert not psutil.pid_exists(found["pid"])
        orphan = found.get("orphan", found["pid"])
        await wait_until_async(
            lambda: not psutil.pid_exists(orphan) or not is_alive(psutil.Process(orphan)), 10, what="the orphan's end"
        )
        following = await found_by(processes, work("say_who", source))
    assert following["pid"] != found["pid"]


async def job_by(pool: ProcessPool, stage_work: StageWork) -> int:
    """The process that ran a job of one stage."""
    async with stage_processes(pool) as processes:
        return int((await found_by(processes, stage_work))["pid"])


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere each stage has a process of its own")
async def test_a_process_serves_so_many_jobs_of_its_pipeline(source: Source) -> None:
    async with ProcessPool(1) as pool:
        pids = [await job_by(pool, work("say_who", source)) for _ in range(MOST_JOBS * 3 // 2)]
    # Where the machine is so busy that an empty stage is no short one, a process serves fewer.
    assert 1 < max(Counter(pids).values()) <= MOST_JOBS
    assert not any(map(psutil.pid_exists, pids))


async def test_a_job_that_shall_be_alone_has_a_process_of_its_own(source: Source) -> None:
    isolated = dataclasses.replace(work("say_who", source), pipeline=f"{__name__}:alone", index=0)
    async with ProcessPool(1) as pool:
        first, second = await job_by(pool, isolated), await job_by(pool, isolated)
        assert not psutil.pid_exists(first)
    assert first != second


async def test_no_more_processes_wait_than_may(source: Source) -> None:
    async with ProcessPool(1) as pool:
        async with stage_processes(pool) as some, stage_processes(pool) as others:
            pids = {(await found_by(each, work("say_who", source)))["pid"] for each in (some, others)}
            assert len(pids) == 2
        assert sum(map(psutil.pid_exists, pids)) <= 1


async def test_a_process_that_is_killed_while_it_waits_is_replaced(source: Source) -> None:
    async with stage_processes() as processes:
        found = await found_by(processes, work("say_who", source))
        with suppress(ProcessLookupError):  # on a busy machine its stage may have taken too long for another to follow
            os.kill(found["pid"], signal.SIGKILL)
        await wait_until_async(lambda: not psutil.pid_exists(found["pid"]), 10)
        following = await found_by(processes, work("say_who", source))
    assert following["pid"] != found["pid"]


async def test_much_that_was_found_before_goes_to_a_new_process(source: Source) -> None:
    async with stage_processes() as processes:
        found = await found_by(processes, work("say_who", source))
        earlier = {f"stage {number}": {"facts": "x" * 64_000} for number in range(20)}
        following = await found_by(processes, work("say_who", source, earlier=earlier))
    assert following["earlier"] == len(earlier)
    assert following["pid"] != found["pid"]


def servers() -> set[int]:
    """The fork server and its resource tracker stay."""
    return {child.pid for child in psutil.Process().children()}


def is_alive(process: psutil.Process) -> bool:
    return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
