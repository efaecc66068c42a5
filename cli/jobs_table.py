"""Many jobs as a table, the ones at work first; pure."""

from collections.abc import Iterable
from datetime import datetime

from rich.console import RenderableType
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from cli.amounts import percent_said, size_said, span_said
from cli.job_name import short_id
from cli.job_view import STYLES, silence
from cli.output import on_one_line, shown
from contracts.snapshot import JobSnapshot, StageState
from contracts.state import JobState

BAR = 6  # columns
NARROW = 80  # columns; with less, a file's name is worth more than a bar and what is being done


def in_order(jobs: Iterable[JobSnapshot]) -> list[JobSnapshot]:
    """Those that are not over first; among equals the newest first."""
    newest = sorted(jobs, key=lambda job: job.job.id, reverse=True)
    return sorted(newest, key=lambda job: job.state.is_terminal)


def jobs_table(
    jobs: list[JobSnapshot], *, now: datetime, width: int | None = None, rows: int | None = None, live: bool = False
) -> Table:
    """The first `rows` of them, and how many more there are; as wide as is said, or as they are. Live, columns stay."""
    is_narrow = width is not None and width < NARROW
    visible = jobs[:rows]
    table = Table(box=None, padding=(0, 1), pad_edge=False, expand=width is not None, header_style="dim")
    table.add_column("ID", no_wrap=True)
    table.add_column("FILE", ratio=3, no_wrap=True, overflow="ellipsis", min_width=8)
    table.add_column("STATE", no_wrap=True)
    if shows_done := live or any(is_at_work(job) for job in visible):
        table.add_column("DONE", no_wrap=True, min_width=5 if is_narrow else BAR + 6)
    if not is_narrow:
        table.add_column("DOING", ratio=2, no_wrap=True, overflow="ellipsis", min_width=12)
    table.add_column("SINCE", no_wrap=True, justify="right", min_width=8 if live else None)
    for job in visible:
        done = [_done(job, is_narrow=is_narrow)] if shows_done else []
        what = [] if is_narrow else [Text(doing(job, now), "dim")]
        name, state, since = Text(shown(job.job.name)), _state(job, now), _since(job, now)
        table.add_row(short_id(job.job.id), name, state, *done, *what, since)
    if len(visible) < len(jobs):
        table.caption, table.caption_justify = f"and {len(jobs) - len(visible)} more: `stagecast jobs`", "left"
    return table


def is_at_work(job: JobSnapshot) -> bool:
    """Whether it is known how far it is."""
    return job.state in {JobState.RUNNING, JobState.RETRYING}


def _state(job: JobSnapshot, now: datetime) -> Text:
    return Text("stalled", "bold yellow") if silence(job, now) else Text(job.state.value, STYLES[job.state])


def _since(job: JobSnapshot, now: datetime) -> Text:
    return Text(span_said((now - (job.ended_at or job.started_at or job.queued_at)).total_seconds()), "dim")


def _done(job: JobSnapshot, *, is_narrow: bool) -> RenderableType:
    """How far a job is that is at work."""
    if not is_at_work(job):
        return ""
    percent = f"{percent_said(job.overall):>5}"
    if is_narrow:
        return percent
    bar = ProgressBar(total=1.0, completed=job.overall, width=BAR, style="bright_black", complete_style="cyan")
    row = Table.grid(padding=(0, 1))
    row.add_row(bar, percent)
    return row


def doing(job: JobSnapshot, now: datetime) -> str:
    """What it is at, or why it is not."""
    if (quiet := silence(job, now)) is not None:
        return f"silent {span_said(quiet)}"
    if job.reason:
        return on_one_line(job.reason)
    for index, stage in enumerate(job.stages):
        if stage.state is StageState.RUNNING:
            return f"{index + 1}/{len(job.stages)} {shown(stage.name)}"
    return f"{size_said(job.job.size)}, {job.job.pipeline}"
