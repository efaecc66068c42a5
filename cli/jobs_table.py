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
from cli.output import shown
from contracts.snapshot import JobSnapshot, StageState
from contracts.state import JobState

BAR = 6  # columns


def in_order(jobs: Iterable[JobSnapshot]) -> list[JobSnapshot]:
    """Those that are not over first; among equals the newest first."""
    newest = sorted(jobs, key=lambda job: job.job.id, reverse=True)
    return sorted(newest, key=lambda job: job.state.is_terminal)


def jobs_table(jobs: list[JobSnapshot], *, now: datetime, rows: int | None = None, expand: bool = True) -> Table:
    """The first `rows` of them, and how many more there are."""
    table = Table(box=None, padding=(0, 1), pad_edge=False, expand=expand, header_style="dim")
    table.add_column("ID", no_wrap=True)
    table.add_column("FILE", ratio=3, no_wrap=True, overflow="ellipsis", min_width=8)
    table.add_column("STATE", no_wrap=True)
    table.add_column("DONE", no_wrap=True, min_width=BAR + 7 if expand else None)  # live, nothing else moves for it
    table.add_column("DOING", ratio=2, no_wrap=True, overflow="ellipsis", min_width=12)
    table.add_column("SINCE", no_wrap=True, justify="right", min_width=8 if expand else None)
    visible = jobs[:rows]
    for job in visible:
        table.add_row(short_id(job.job.id), Text(shown(job.job.name)), *_cells(job, now))
    if len(visible) < len(jobs):
        table.caption, table.caption_justify = f"and {len(jobs) - len(visible)} more: `stagecast jobs`", "left"
    return table


def _cells(job: JobSnapshot, now: datetime) -> tuple[RenderableType, ...]:
    since = job.ended_at or job.started_at or job.queued_at
    return (
        Text("stalled", "bold yellow") if silence(job, now) else Text(job.state.value, STYLES[job.state]),
        _done(job),
        Text(doing(job, now), "dim"),
        Text(span_said((now - since).total_seconds()), "dim"),
    )


def _done(job: JobSnapshot) -> RenderableType:
    """How far a job is that is at work."""
    if job.state not in {JobState.RUNNING, JobState.RETRYING}:
        return ""
    bar = ProgressBar(total=1.0, completed=job.overall, width=BAR, style="bright_black", complete_style="cyan")
    row = Table.grid(padding=(0, 1))
    row.add_row(bar, f"{percent_said(job.overall):>5}")
    return row


def doing(job: JobSnapshot, now: datetime) -> str:
    """What it is at, or why it is not."""
    if (quiet := silence(job, now)) is not None:
        return f"silent {span_said(quiet)}"
    if job.reason:
        return shown(job.reason)
    for index, stage in enumerate(job.stages):
        if stage.state is StageState.RUNNING:
            return f"{index + 1}/{len(job.stages)} {shown(stage.name)}"
    return f"{size_said(job.job.size)}, {job.job.pipeline}"
