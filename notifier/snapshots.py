"""`event: snapshot`: the jobs as they are now, for who has just come or could not be given what it missed."""

import time
from dataclasses import dataclass
from enum import StrEnum

from contracts.snapshot import JobSnapshot, StageState
from contracts.state import JobState
from notifier import sse
from notifier.chunks import chunk
from notifier.history import History
from notifier.jobs import Jobs
from notifier.selection import Format, Selection
from notifier.text import line_about

REUSED_FOR = 64  # entries: a snapshot that old is still right for a new client, who is sent what came after it,
REUSED_SECONDS = 0.1  # but only for clients who come together


class Reason(StrEnum):
    """Why a client is given a snapshot."""

    NEW = "new"  # it said of nothing that it had it
    UNKNOWN_ID = "unknown-id"  # what it said that it had is not in this log
    TOO_OLD = "too-old"  # what it missed begins before the history does
    TOO_MUCH = "too-much"  # it missed more than is ever sent again
    FELL_BEHIND = "fell-behind"  # it read too slowly
    LOG_REMADE = "log-remade"  # the broker's log was deleted, or made anew


@dataclass(frozen=True, slots=True)
class Taken:
    """A snapshot, ready to be written, and the position of the history that it stands for."""

    chunk: bytes
    position: int
    at: float  # our monotonic clock


class Snapshots:
    """Made from what is known at the history's head, once for all clients with the same question."""

    def __init__(self, history: History, jobs: Jobs) -> None:
        self._history = history
        self._jobs = jobs
        self._taken: dict[tuple[Selection, Reason], Taken] = {}  # those of one moment, for those who come at once

    def take(self, selection: Selection, reason: Reason) -> Taken:
        """A snapshot that may be up to some entries old: its client is sent what came after it."""
        taken = self._taken.get((selection, reason))
        if taken is None or not self._is_fresh(taken):
            taken = Taken(chunk(self._frame(selection, reason)), self._history.head, time.monotonic())
            self._remember(selection, reason, taken)
        return taken

    def forget(self) -> None:
        """What was taken says no longer what is known."""
        self._taken.clear()

    def _is_fresh(self, taken: Taken) -> bool:
        if taken.position == self._history.head:
            return True
        is_near = taken.position >= max(self._history.start, self._history.head - REUSED_FOR)
        return is_near and time.monotonic() - taken.at < REUSED_SECONDS

    def _remember(self, selection: Selection, reason: Reason, taken: Taken) -> None:
        self._taken = {asked: other for asked, other in self._taken.items() if self._is_fresh(other)}
        if selection.is_everything:  # others are asked by one client each
            self._taken[selection, reason] = taken

    def _frame(self, selection: Selection, reason: Reason) -> bytes:
        if selection.format is Format.TEXT:
            return self._words(selection, reason)
        cursor = str(self._history.cursor(self._history.head))
        jobs = b",".join(known.json for known in self._jobs.selected(selection))
        head = f'id: {cursor}\nevent: snapshot\ndata: {{"reason":"{reason}","cursor":"{cursor}","jobs":['
        return head.encode() + jobs + b"]}\n\n"

    def _words(self, selection: Selection, reason: Reason) -> bytes:
        """Where each job is that has not ended; those that have only if they were asked for."""
        jobs = [known.snapshot for known in self._jobs.selected(selection)]
        lines = [_where(job) for job in reversed(jobs) if selection.jobs or not job.state.is_terminal]
        gap = sse.comment(f"lines may be missing here: {reason}") if reason is not Reason.NEW else b""
        return gap + b"".join(sse.frame(line) for line in lines)


def _where(job: JobSnapshot) -> str:
    match job.state:
        case JobState.RUNNING if (at := _running_stage(job)) is not None:
            stage = job.stages[at]
            words = f"stage {at + 1}/{len(job.stages)} {stage.name}: {stage.progress * 100:.0f} %"
        case JobState.RETRYING if job.retry_at is not None:
            words = f"retrying at {job.retry_at:%H:%M:%S} UTC: {job.reason}"
        case JobState.FAILED:
            words = f"failed: {job.reason}"
        case JobState.COMPLETED:
            words = "finished"
        case state:
            words = state.value
    return line_about(job.job, words)


def _running_stage(job: JobSnapshot) -> int | None:
    return next((at for at, stage in enumerate(job.stages) if stage.state is StageState.RUNNING), None)
