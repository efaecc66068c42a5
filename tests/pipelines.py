"""Small pipelines to test with: each does one thing that a stage may do."""

import asyncio
import hashlib
import os
import re
import signal
import subprocess
import sys
import time
from datetime import timedelta

from processor import AsyncStage, PermanentFailure, Pipeline, Stage

count = Pipeline("count")


@count.stage(weight=3)
def measure(stage: Stage) -> None:
    size = 0
    for chunk in stage.source.chunks():
        size += len(chunk)
        stage.progress(size / stage.source.size, f"{size} bytes")
    stage.save("size.txt", str(size))
    stage.facts(size=size)


@count.stage()
def repeat(stage: Stage) -> None:
    stage.save("copy.txt", stage.read("size.txt"))
    stage.facts(earlier=stage.earlier["measure"]["size"])


trouble = Pipeline("trouble")


@trouble.stage(timeout=timedelta(seconds=30))
def stumble(stage: Stage) -> None:
    """Does what the file's content says."""
    match stage.source.path.read_text():
        case "raise":
            raise ValueError("the number 7 is missing")
        case "permanent":
            raise PermanentFailure("this file is beyond repair")
        case "surrogate":
            stage.progress(0.5, "reading \udcff")
            stage.facts(name="\udcff")
            raise ValueError("no such file: '\udcff'")
        case "bytes":
            stage.facts(raw=b"no JSON")
        case "flood":
            stage.facts(words="x" * 100_000)
        case "exit":
            os._exit(3)
        case "killed":
            os.kill(os.getpid(), signal.SIGKILL)
        case "silent":
            stage.progress(0.5, "half way")
            time.sleep(60)


slow = Pipeline("slow")


@slow.stage(timeout=timedelta(seconds=3))
def dawdle(stage: Stage) -> None:
    """Starts a child that would outlive it, and ignores the polite signal."""
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
    stage.save("child.txt", str(child.pid))
    stage.progress(0.25, "dawdling")
    child.wait()


flaky = Pipeline("flaky")


@flaky.stage(retries=3)
def sometimes(stage: Stage) -> None:
    """Fails the first time that it sees a job."""
    try:
        stage.read("seen.txt")
    except FileNotFoundError:
        stage.save("seen.txt", "yes")
        raise RuntimeError("not today") from None


steps = Pipeline("steps")


@steps.stage()
def look(stage: Stage) -> None:
    """Counts how often it runs."""
    try:
        runs = int(stage.read("runs.txt"))
    except FileNotFoundError:
        runs = 0
    stage.save("runs.txt", str(runs + 1))
    stage.facts(seen=stage.source.size)


@steps.stage()
def wait_for_it(stage: Stage) -> None:
    """Fails until the moment is right; `sleep` makes it take its time, in a child that would outlive it."""
    stage.progress(0.5, "half way")
    try:
        moment = stage.read("moment.txt")
    except FileNotFoundError:
        moment = stage.source.path.read_bytes()
    if moment == b"sleep":
        child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
        stage.save("child.txt", str(child.pid))
        stage.progress(0.75, "asleep")
        child.wait()
    if moment != b"right":
        raise RuntimeError("not the right moment")


@steps.stage()
def conclude(stage: Stage) -> None:
    stage.facts(seen=stage.earlier["look"]["seen"], runs=int(stage.read("runs.txt")))


still = Pipeline("still")


@still.stage()
def say_nothing(stage: Stage) -> None:
    """Has nothing to do, and nothing to say."""


prompt = Pipeline("prompt")


@prompt.stage(timeout=timedelta(seconds=2))
def say_one_thing(stage: Stage) -> None:
    stage.progress(0.5, "half way")


brief = Pipeline("brief", timeout=timedelta(seconds=2))


@brief.stage(retries=5)
def take_long(stage: Stage) -> None:
    """Longer than the job may take."""
    stage.progress(0.5, "half way")
    time.sleep(60)


naps = Pipeline("naps")


@naps.stage()
def nap(stage: Stage) -> None:
    """Until somebody puts an artifact there that says so."""
    while True:
        try:
            stage.read("awake")
        except FileNotFoundError:
            time.sleep(0.05)
        else:
            stage.save("slept.txt", "well")
            return


dice = Pipeline("dice")


@dice.stage()
def throw(stage: Stage) -> None:
    """Never makes the same twice, so that what two attempts made cannot be mixed unnoticed."""
    stage.save("thrown.bin", os.urandom(20_000))


@dice.stage(retries=3)
async def look_at(stage: AsyncStage) -> None:
    """Does what the file's content says, with what was thrown."""
    thrown = await stage.read("thrown.bin")
    await stage.save("read.txt", hashlib.sha256(thrown).hexdigest())
    await stage.save("noise.bin", os.urandom(1_000))
    match stage.source.path.read_text():
        case "permanent":
            raise PermanentFailure("the dice are loaded")
        case "once":
            try:
                await stage.read("seen.txt")
            except FileNotFoundError:
                await stage.save("seen.txt", "yes")
                raise RuntimeError("not today") from None


def fork(stage: Stage) -> None:
    """Children in the stage's group and out of it, that no polite signal ends."""
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    sleep = [sys.executable, "-c", "import time; time.sleep(600)"]
    children = [subprocess.Popen(sleep, start_new_session=bool(n % 2)) for n in range(4)]
    stage.save("pids.txt", " ".join(str(child.pid) for child in children))


eat = Pipeline("eat")


@eat.stage()
def eat_up(stage: Stage) -> None:
    """Takes more memory for ever, if the file's content says so."""
    eaten = []
    while stage.source.path.read_text() == "eat":
        eaten.append(b"x" * 10_000_000)


rogue = Pipeline("rogue")


@rogue.stage(timeout=timedelta(seconds=4))
def run_riot(stage: Stage) -> None:
    """Does what the file's content says, and none of it is nice."""
    match stage.source.path.read_text():
        case "fork":
            fork(stage)
            time.sleep(600)
        case "hold":
            fork(stage)
            re.match("(a+)+$", "a" * 100 + "b")  # keeps all of Python's threads waiting for ever
        case "print":
            for _ in range(50):
                os.write(1, b"x" * 100_000 + b"\n")


@rogue.stage(timeout=timedelta(seconds=1))
async def return_late(stage: AsyncStage) -> None:
    """Takes no notice of its end, and returns as if nothing were."""
    if stage.source.path.read_text() == "late":
        try:
            await asyncio.sleep(600)
        except asyncio.CancelledError:
            await stage.save("late.txt", "too late")
