"""The other side: what happens in a stage's own process."""

import faulthandler
import inspect
import os
import signal
import sys
import threading
import time
import traceback
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from functools import lru_cache
from multiprocessing.connection import Connection, wait
from pathlib import Path
from typing import Any

from contracts.blobs import open_store
from contracts.errors import words_of
from processor.catalogue import load_pipeline
from processor.errors import PermanentFailure, SupersededError
from processor.guardian import adopt_orphans, guard
from processor.pipeline import StagePlan
from processor.stage import Source, Stage
from processor.traits import Traits, traits
from processor.utf8 import sendable
from processor.workplace import SECONDS_BETWEEN_PROGRESS, Told

MAX_REASON_LENGTH = 2_000
# Whoever took longer had use for memory and more, and what a new process costs is little beside it.
SHORT_SECONDS = 0.5
opened_store = lru_cache(maxsize=1)(open_store)  # a processor has one
# Out of memory, the kernel ends the process with the highest score: rather a stage than its processor.
OOM_SCORE_ADJUSTMENT = "500"


@dataclass(frozen=True)
class StageWork:
    """All that a stage's process needs to know."""

    pipeline: str  # its `module:object`
    index: int
    job_id: str
    source: Source
    workdir: Path
    store_url: str
    earlier: Mapping[str, Mapping[str, Any]]
    attempt: int


@dataclass(frozen=True)
class Finished:
    """Child to service: the stage's function returned."""

    may_go_on: bool = field(default=False, compare=False)  # the process is fit for another stage


@dataclass(frozen=True)
class Raised:
    """Child to service: it raised. `details` is for the log, `reason` for people."""

    reason: str
    details: str
    is_permanent: bool
    is_superseded: bool = False


class Voice:
    """The stage's end of the pipe, for all of its threads."""

    def __init__(self, service: Connection) -> None:
        self._service = service
        self._speaking = threading.Lock()

    def say(self, message: Told | Finished | Raised) -> None:
        with self._speaking:
            self._service.send(message)


class Desk:
    """Where the stage at work lies."""

    stage: Stage | None = None


def run_stages(work: StageWork, service: Connection, works: Connection, output: Connection) -> None:
    """Run a stage, and then those of the same pipeline that come through `works`. Called in a process of its own.

    The last message of each is its outcome.
    """
    guard(service, works, output)
    os.setsid()  # a group of its own: no signal that the stage sends to its group reaches others
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    _print_to(output)
    faulthandler.enable()
    adopt_orphans()
    _come_before_service()
    voice, desk = Voice(service), Desk()
    threading.Thread(target=_attend, args=(service, desk), daemon=True).start()
    before = traits() if sys.platform == "linux" else None
    with suppress(EOFError):
        while True:
            voice.say(_run_stage(work, voice, desk, before))
            work = works.recv()


def _run_stage(work: StageWork, voice: Voice, desk: Desk, before: Traits | None) -> Finished | Raised:
    began = time.monotonic()
    try:
        plan = load_pipeline(work.pipeline).stages[work.index]
        stage = Stage(
            source=work.source,
            workdir=work.workdir,
            job_id=work.job_id,
            store=opened_store(work.store_url),
            tell=voice.say,
            earlier=work.earlier,
            attempt=work.attempt,
        )
    except Exception as error:  # noqa: BLE001 - the pipeline's module, or the store, may raise anything
        return raised(error)
    desk.stage = stage
    os.chdir(work.workdir)
    outcome = _outcome(plan, stage)
    stage.flush()
    desk.stage = None
    for stream in (sys.stdout, sys.stderr):
        with suppress(AttributeError, OSError, ValueError):  # it is the stage's to close or replace
            stream.flush()
    return Finished(may_go_on=_is_as_it_was(before, began)) if isinstance(outcome, Finished) else outcome


def raised(error: BaseException) -> Raised:
    """What a stage's error tells."""
    details = sendable("".join(traceback.format_exception(error)))[-MAX_REASON_LENGTH * 4 :]
    return Raised(_reason(error), details, isinstance(error, PermanentFailure), isinstance(error, SupersededError))


def _outcome(plan: StagePlan, stage: Stage) -> Finished | Raised:
    try:
        left = plan.function(stage)
        if inspect.isawaitable(left):
            raise TypeError("its function is no `async def`, but what it returned waits to be awaited")
    except Exception as error:  # noqa: BLE001 - whatever a stage raises is its outcome
        return raised(error)
    return Finished()


def _is_as_it_was(before: Traits | None, began: float) -> bool:
    """Whether a stage took no time and left nothing: none of what `Traits` are, and no process, orphans included.

    Where orphans do not become children, nobody can know.
    """
    if before is None or time.monotonic() - began > SHORT_SECONDS or not traits().is_as_before(before):
        return False
    try:
        os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)
    except ChildProcessError:
        return True
    return False


def _attend(service: Connection, desk: Desk) -> None:
    """Send progress that was held back, until the service ends. It never sends: what can be read is its end."""
    while not wait([service], timeout=SECONDS_BETWEEN_PROGRESS):
        with suppress(OSError):  # it has gone: the next look says so
            if (stage := desk.stage) is not None:
                stage.flush()


def _come_before_service() -> None:
    """On Linux: be the one that the kernel ends when memory runs out."""
    if sys.platform == "linux":
        with suppress(OSError):
            Path("/proc/self/oom_score_adj").write_text(OOM_SCORE_ADJUSTMENT, encoding="ascii")


def _print_to(output: Connection) -> None:
    """Whatever the stage, or what it starts, prints goes line by line to the service."""
    for stream in (1, 2):
        os.dup2(output.fileno(), stream)
    output.close()
    sys.stdout, sys.stderr = (
        open(stream, "w", buffering=1, encoding="utf-8", errors="backslashreplace", closefd=False)  # noqa: SIM115
        for stream in (1, 2)
    )


def _reason(error: BaseException) -> str:
    """What to tell people: the error's own words, with its kind where they would say little alone."""
    words = sendable(words_of(error))
    if isinstance(error, PermanentFailure) and words:
        return words[:MAX_REASON_LENGTH]
    return (f"{type(error).__name__}: {words}" if words else type(error).__name__)[:MAX_REASON_LENGTH]
