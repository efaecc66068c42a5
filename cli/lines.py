"""What happened to a job in lines of words, for logs and for whoever has no terminal; pure."""

from datetime import datetime

from cli.amounts import percent_said, span_said
from cli.output import on_one_line, shown
from contracts.snapshot import JobSnapshot, StageSnapshot, StageState
from contracts.state import JobState

STEP = 0.1  # of a stage's progress: less is no news


def lines(before: JobSnapshot | None, after: JobSnapshot) -> list[str]:
    """What is to be said of the step from one to the other; each line begins with the file's name."""
    said = [*_stage_lines(before, after), *_job_lines(before, after)]
    return [f"{shown(after.job.name)}: {line}" for line in said]


def _stage_lines(before: JobSnapshot | None, after: JobSnapshot) -> list[str]:
    if before is None:  # what was before we looked is not told again
        running = [index for index, stage in enumerate(after.stages) if stage.state is StageState.RUNNING]
        return [_titled(after, index, percent_said(after.stages[index].progress)) for index in running]
    return [
        _titled(after, index, words)
        for index, stage in enumerate(after.stages)
        if (words := _stage_words(before.stages[index] if index < len(before.stages) else StageSnapshot(), stage))
    ]


def _titled(job: JobSnapshot, index: int, words: str) -> str:
    return f"stage {index + 1}/{len(job.stages)} {shown(job.stages[index].name)}: {words}"


def _stage_words(before: StageSnapshot, after: StageSnapshot) -> str | None:
    began_anew = before.attempt != after.attempt and after.state is StageState.RUNNING
    match after.state:
        case StageState.RUNNING if before.state is not StageState.RUNNING or began_anew:
            return "begin"
        case StageState.RUNNING if int(after.progress / STEP + 1e-9) > int(before.progress / STEP + 1e-9):
            return f"{percent_said(after.progress)} {on_one_line(after.message)}".rstrip()
        case StageState.COMPLETED if before.state is not StageState.COMPLETED:
            return "end" if after.seconds is None else f"end after {span_said(after.seconds)}"
        case StageState.FAILED if before.state is not StageState.FAILED:
            return f"failed: {on_one_line(after.message)}"
        case _:
            return None


def _job_lines(before: JobSnapshot | None, after: JobSnapshot) -> list[str]:
    is_news = before is None or (before.state, before.attempt) != (after.state, after.attempt)
    if not is_news or (after.state is JobState.RUNNING and after.attempt == 1):
        return []
    return [state_said(after)]


def state_said(job: JobSnapshot) -> str:
    """Where a job is, with its reason or its time."""
    match job.state:
        case JobState.RUNNING:
            return f"attempt {job.attempt} runs"
        case JobState.RETRYING:
            return f"retrying {_at(job.retry_at)}: {on_one_line(job.reason or 'no reason given')}"
        case JobState.COMPLETED:
            return "finished" if job.seconds is None else f"finished after {span_said(job.seconds)}"
        case JobState.FAILED:
            return f"failed: {on_one_line(job.reason or 'no reason given')}"
        case state:
            return state.value


def _at(moment: datetime | None) -> str:
    return f"at {moment.astimezone():%H:%M:%S}" if moment else "soon"
