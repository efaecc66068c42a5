"""Looking into a file apart, in a process of its own: what brings down its parser is a finding, not a crash.

Images, PDF and Parquet are read by large parsers, some of them in C or Rust, where a few wrong bytes
may ask for an exabyte or never end. The process has no secrets in its environment, a bound on memory, and a
deadline. It belongs to the stage's process group, so it ends with the stage.
"""

import base64
import json
import os
import resource
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, replace
from pathlib import Path
from typing import IO, Any

from processor.inspection.analysis import Analysis
from processor.inspection.errors import TooExpensiveError, UnreadableContentError
from processor.inspection.identity import Identity
from processor.inspection.plain import plain
from processor.stage import Progress, Source, Stage
from processor.workplace import Told

MAX_MEMORY_BYTES = 4 * 1024**3
MAX_SECONDS = {"image": 120.0, "pdf": 120.0, "table": 3 * 3600.0}
CRASHED = "It made its reader crash: it is damaged, or made to do harm."
_ROOT = Path(__file__).parents[2]


def look_apart(stage: Stage, identity: Identity) -> Analysis:
    """What `analysers.look_into` finds, looked for in a process of its own; progress goes to the stage.

    Raises:
        UnreadableContentError: the other process says so, crashed, or took too long.
    """
    outcome: dict[str, Any] = {}
    with _process(MAX_SECONDS[identity.kind]) as (process, lines):
        _ask(process, stage, identity)
        for line in lines:
            if not line.endswith("\n"):
                break  # it was killed while it spoke
            outcome = json.loads(line)
            if "fraction" in outcome:
                stage.progress(outcome["fraction"], outcome["message"])
    if "unreadable" in outcome:
        raise UnreadableContentError(outcome["unreadable"])
    if "kind" not in outcome:
        raise UnreadableContentError(CRASHED)
    thumbnail = outcome["thumbnail"]
    return replace(Analysis(**outcome), thumbnail=thumbnail and base64.b64decode(thumbnail))


@contextmanager
def _process(seconds: float) -> Iterator[tuple[subprocess.Popen[str], IO[str]]]:
    """The process, killed when it takes longer than `seconds`, and the lines that it writes."""
    process = subprocess.Popen(  # noqa: S603 - this interpreter and this module
        [sys.executable, "-P", "-m", __name__],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,  # parsers complain there in strangers' words
        env={"PYTHONPATH": str(_ROOT), "LANG": "C.UTF-8", "PYTHONUTF8": "1"},
        text=True,
    )
    timer = threading.Timer(seconds, process.kill)
    timer.start()
    try:
        with process:
            assert process.stdout is not None
            yield process, process.stdout
    finally:
        process.kill()
        overdue = timer.finished.is_set()
        timer.cancel()
        timer.join()
    if overdue:
        raise TooExpensiveError(f"Reading it took longer than {seconds:.0f} seconds.")


def _ask(process: subprocess.Popen[str], stage: Stage, identity: Identity) -> None:
    source = stage.source
    assert process.stdin is not None
    request = {
        "memory": MAX_MEMORY_BYTES,
        "path": str(source.path),
        "name": source.name,
        "size": source.size,
        "identity": asdict(identity),
    }
    with suppress(BrokenPipeError):  # it is gone already, and its silence is its outcome
        process.stdin.write(json.dumps(request))
        process.stdin.close()


def main() -> None:
    """The other side: look into one file, and write progress and the outcome as lines of JSON."""
    out = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # so that no parser can write between the lines

    def say(outcome: dict[str, Any]) -> None:
        out.write(json.dumps(outcome, allow_nan=False) + "\n")
        out.flush()

    request = json.load(sys.stdin)
    memory = request.pop("memory")
    resource.setrlimit(resource.RLIMIT_DATA, (memory, memory))
    say(_outcome(request, say))


def _outcome(request: dict[str, Any], say: Callable[[dict[str, Any]], None]) -> dict[str, Any]:
    from obstore.store import MemoryStore

    from processor.inspection.analysers import look_into, problem_of

    def tell(message: Told) -> None:
        if isinstance(message, Progress):
            say(asdict(message))

    identity = Identity(**request.pop("identity"))
    source = Source(Path(request["path"]), request["name"], request["size"])
    try:
        analysis = look_into(Stage(source, Path.cwd(), "", MemoryStore(), tell), identity)
    except Exception as error:  # noqa: BLE001 - parsers raise anything when a stranger's file makes them stumble
        return {"unreadable": problem_of(error, identity)}
    thumbnail = analysis.thumbnail and base64.b64encode(analysis.thumbnail).decode()
    outcome = plain(asdict(replace(analysis, thumbnail=None)))
    assert isinstance(outcome, dict)
    return outcome | {"thumbnail": thumbnail}


if __name__ == "__main__":
    main()
