"""Small pipelines to test with: each does one thing that a stage may do."""

import os
import signal
import subprocess
import sys
import time
from datetime import timedelta

from processor import PermanentFailure, Pipeline, Stage

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
