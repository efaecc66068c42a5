"""The other side: what happens in a stage's own process."""

import faulthandler
import os
import signal
import threading
import traceback
from collections.abc import Mapping
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from pathlib import Path
from typing import Any

from contracts.blobs import open_store
from processor.catalogue import load_pipeline
from processor.errors import PermanentFailure
from processor.stage import Source, Stage, sendable

MAX_REASON_LENGTH = 2_000


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


@dataclass(frozen=True)
class Finished:
    """Child to service: the stage's function returned."""


@dataclass(frozen=True)
class Raised:
    """Child to service: it raised. `details` is for the log, `reason` for people."""

    reason: str
    details: str
    is_permanent: bool


def run_stage(work: StageWork, service: Connection) -> None:
    """Run one stage and tell its outcome as the last message. Called in a process of its own."""
    os.setsid()  # a group of its own: whoever ends the stage ends what it started
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    faulthandler.enable()
    threading.Thread(target=_die_with, args=(service,), daemon=True).start()
    os.chdir(work.workdir)
    service.send(_outcome(work, service))


def _die_with(service: Connection) -> None:
    """The service never sends: what can be read is its end, and then nobody is left to listen or to kill us."""
    wait([service])
    os.killpg(os.getpgid(0), signal.SIGKILL)


def _outcome(work: StageWork, service: Connection) -> Finished | Raised:
    try:
        plan = load_pipeline(work.pipeline).stages[work.index]
        stage = Stage(
            source=work.source,
            workdir=work.workdir,
            job_id=work.job_id,
            store=open_store(work.store_url),
            tell=service.send,
            earlier=work.earlier,
        )
        plan.function(stage)
        stage.flush()
    except Exception as error:  # noqa: BLE001 - whatever a stage raises is its outcome
        details = sendable("".join(traceback.format_exception(error)))[-MAX_REASON_LENGTH * 4 :]
        return Raised(_reason(error), details, isinstance(error, PermanentFailure))
    return Finished()


def _reason(error: Exception) -> str:
    """What to tell people: the error's own words, with its kind where they would say little alone."""
    words = sendable(str(error)).strip()
    if isinstance(error, PermanentFailure) and words:
        return words[:MAX_REASON_LENGTH]
    return (f"{type(error).__name__}: {words}" if words else type(error).__name__)[:MAX_REASON_LENGTH]
