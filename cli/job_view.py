"""One job as a terminal shows it: a line for the whole, and one for each stage; pure."""

from datetime import datetime

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from cli.amounts import percent_said, size_said, span_said
from cli.job_name import short_id
from cli.output import on_one_line, shown
from contracts.snapshot import JobSnapshot, StageSnapshot, StageState
from contracts.state import JobState

STALLED = 30.0  # seconds, as on the page: a running job speaks every 10
BAR = 20  # columns
STYLES = {
    JobState.QUEUED: "yellow",
    JobState.RUNNING: "cyan",
    JobState.RETRYING: "yellow",
    JobState.COMPLETED: "green",
    JobState.FAILED: "bold red",
    JobState.CANCELLED: "magenta",
}
MARKS = {
    StageState.PENDING: Text("·", "dim"),
    StageState.RUNNING: Text("▸", "cyan"),
    StageState.COMPLETED: Text("✓", "green"),
    StageState.FAILED: Text("✗", "bold red"),
    StageState.CANCELLED: Text("-", "magenta"),
}


def job_view(job: JobSnapshot, *, now: datetime) -> RenderableType:
    """The job and its stages."""
    parts: list[RenderableType] = [_title(job, now)]
    if job.reason:
        parts.append(Text(f"  {on_one_line(job.reason)}", "red"))
    if job.stages:
        parts.append(_stages(job, now))
    if job.state is JobState.COMPLETED and job.artifacts:
        names = ", ".join(artifact.name for artifact in job.artifacts)
        parts.append(Padding(Text(f"made: {shown(names)}", "dim"), (0, 0, 0, 2)))
    return Group(*parts)


def silence(job: JobSnapshot, now: datetime) -> float | None:
    """Seconds since a job at work was last heard of, once that is too long."""
    seconds = (now - job.heard_at).total_seconds()
    return seconds if job.state is JobState.RUNNING and seconds > STALLED else None


def _title(job: JobSnapshot, now: datetime) -> Text:
    title = Text(no_wrap=True, overflow="ellipsis")
    title.append(f"{short_id(job.job.id)}  ", "dim")
    title.append(shown(job.job.name), "bold")
    title.append(f"  {_state(job)}", STYLES[job.state])
    if (quiet := silence(job, now)) is not None:
        title.append(f", stalled: last heard {span_said(quiet)} ago", "bold yellow")
    title.append(f"  {size_said(job.job.size)}, {job.job.pipeline}", "dim")
    return title


def _state(job: JobSnapshot) -> str:
    match job.state:
        case JobState.RUNNING:
            words = f"running {percent_said(job.overall)}"
        case JobState.RETRYING if job.retry_at is not None:
            words = f"retrying at {job.retry_at.astimezone():%H:%M:%S}"
        case JobState.COMPLETED if job.seconds is not None:
            words = f"completed in {span_said(job.seconds)}"
        case state:
            words = state.value
    return f"{words}, attempt {job.attempt}" if job.attempt > 1 else words


def _stages(job: JobSnapshot, now: datetime) -> Table:
    table = Table.grid(padding=(0, 1), expand=True)
    table.add_column(width=3, justify="right")
    table.add_column(max_width=24, no_wrap=True)
    table.add_column(width=BAR)
    table.add_column(width=5, justify="right", no_wrap=True)
    table.add_column(width=9, justify="right", no_wrap=True)
    table.add_column(ratio=1, no_wrap=True, overflow="ellipsis")
    for stage in job.stages:
        table.add_row(MARKS[stage.state], shown(stage.name) or "?", *_progress(stage, now))
    return table


def _progress(stage: StageSnapshot, now: datetime) -> tuple[RenderableType, ...]:
    """Bar, percent, time and words; nothing for a stage whose turn has not come."""
    if stage.state is StageState.PENDING:
        return "", "", "", ""
    bar = ProgressBar(total=1.0, completed=stage.progress, width=BAR, style="bright_black", complete_style="cyan")
    return bar, percent_said(stage.progress), Text(_spent(stage, now), "dim"), Text(on_one_line(stage.message), "dim")


def _spent(stage: StageSnapshot, now: datetime) -> str:
    if stage.seconds is not None:
        return span_said(stage.seconds)
    if stage.state is StageState.RUNNING and stage.started_at is not None:
        return span_said((now - stage.started_at).total_seconds())
    return ""
