"""How jobs are shown while they change: live on a terminal, in lines elsewhere, as JSON for scripts."""

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Protocol, TextIO

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.text import Text

from cli.job_view import job_view
from cli.jobs_table import in_order, jobs_table
from cli.lines import lines
from cli.output import shown
from cli.terminal import unechoed
from client import Connected, Waiting
from contracts.events import encode
from contracts.snapshot import JobSnapshot

MARGIN = 4  # rows that a table leaves free: its header, the connection's line, the prompt
MOST_WHOLE = 3  # jobs are shown with all their stages; more of them as a table


class Show(Protocol):
    """Is told what a follower is told."""

    def seen(self, jobs: tuple[JobSnapshot, ...]) -> None: ...

    def connection(self, change: Connected | Waiting) -> None: ...


class Lines:
    """Lines of words as things happen."""

    def __init__(self, out: TextIO) -> None:
        self._out = out
        self._known: dict[str, JobSnapshot] = {}

    def seen(self, jobs: tuple[JobSnapshot, ...]) -> None:
        for job in jobs:
            for line in lines(self._known.get(job.job.id), job):
                self._out.write(f"{line}\n")
            self._known[job.job.id] = job
        self._out.flush()

    def connection(self, change: Connected | Waiting) -> None:
        if isinstance(change, Waiting):
            sys.stderr.write(f"{waiting_said(change.reason, change.seconds)}\n")


class Json:
    """Each job that changed, as it is now, in a line of JSON."""

    def __init__(self, out: TextIO) -> None:
        self._out = out

    def seen(self, jobs: tuple[JobSnapshot, ...]) -> None:
        for job in jobs:
            self._out.write(f"{encode(job).decode()}\n")
        self._out.flush()

    def connection(self, change: Connected | Waiting) -> None:
        """Scripts need only the jobs: none of their changes is missed."""


class Screen:
    """A picture of all jobs, drawn again several times a second."""

    def __init__(self, console: Console, clock: Callable[[], float] = time.monotonic) -> None:
        self._console, self._clock = console, clock
        self._jobs: dict[str, JobSnapshot] | None = None  # nobody has told of any yet
        self._waiting: tuple[str, float] | None = None  # why, and until when by the clock

    def seen(self, jobs: tuple[JobSnapshot, ...]) -> None:
        self._jobs = {**(self._jobs or {}), **{job.job.id: job for job in jobs}}  # a new one: another thread draws

    def connection(self, change: Connected | Waiting) -> None:
        self._waiting = (change.reason, self._clock() + change.seconds) if isinstance(change, Waiting) else None

    def picture(self) -> RenderableType:
        """What is known, and whether it is live."""
        parts = [self._picture_of_jobs()]
        if (waiting := self._waiting) is not None:
            reason, until = waiting
            parts.append(Text(waiting_said(reason, until - self._clock()), "bold yellow"))
        return Group(*parts)

    def _picture_of_jobs(self) -> RenderableType:
        if self._jobs is None:
            return Text("connecting …", "dim")
        now, jobs = datetime.now(UTC), self._jobs.values()
        if not jobs:
            return Text("no jobs yet: send one with `stagecast send FILE`", "dim")
        if len(jobs) <= MOST_WHOLE:
            return Group(*(job_view(job, now=now) for job in sorted(jobs, key=lambda job: job.job.id)))
        rows = max(1, self._console.height - MARGIN)
        return jobs_table(in_order(jobs), now=now, width=self._console.width, rows=rows, live=True)


def waiting_said(reason: str, seconds: float) -> str:
    """That there is no connection, and when the next is tried."""
    return f"reconnecting in {max(0.0, seconds):.0f} s: {shown(reason)}"


@contextmanager
def showing(*, as_json: bool, out: TextIO) -> Iterator[Show]:
    """The way that fits: `out` is where it is shown."""
    console = Console(file=out, highlight=False)
    if as_json:
        yield Json(out)
    elif not console.is_terminal:
        yield Lines(out)
    else:
        screen = Screen(console)
        with unechoed(), Live(console=console, get_renderable=screen.picture, refresh_per_second=8):
            yield screen
