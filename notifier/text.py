"""Events in words, for people with curl."""

import re

from contracts.events import (
    Event,
    JobCancelled,
    JobCompleted,
    JobFailed,
    JobRetrying,
    StageCompleted,
    StageFailed,
    StageProgressed,
    StageStarted,
    UploadFact,
    UploadProgressed,
)
from contracts.job import Job

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]+")


def describe(event: Event) -> str | None:
    """One line about an event, without control characters; None where there is nothing to say."""
    words = _upload_line(event.data) if isinstance(event, UploadProgressed) else _outcome(event) or _stage_line(event)
    return None if words is None else line_about(event.data.job, words)


def line_about(job: Job, words: str) -> str:
    """A line about a job, whatever its file's name holds."""
    return _CONTROL.sub(" ", f"file: {job.name}: {words}")


def _upload_line(fact: UploadFact) -> str:
    return f"upload: {fact.received} bytes" if fact.progress is None else f"upload: {fact.progress * 100:.0f} %"


def _outcome(event: Event) -> str | None:
    match event:
        case JobRetrying(data=fact):
            return f"retrying at {fact.retry_at:%H:%M:%S} UTC: {fact.reason}"
        case JobCompleted():
            return "finished"
        case JobFailed(data=fact):
            return f"failed: {fact.reason}"
        case JobCancelled():
            return "cancelled"
        case _:
            return None


def _stage_line(event: Event) -> str | None:
    match event:
        case StageStarted():
            words = "begin"
        case StageProgressed(data=fact):
            words = f"{fact.progress * 100:.0f} %"
        case StageCompleted():
            words = "end"
        case StageFailed(data=fact):
            words = f"failed: {fact.reason}"
        case _:  # `job.queued` may be told a moment after the first stage has begun
            return None
    stage = event.data.stage
    return f"stage {stage.index + 1}/{stage.count} {stage.name}: {words}"
