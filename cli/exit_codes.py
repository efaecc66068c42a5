"""What a command's exit code says; `docs/terminal.md` lists them."""

from collections.abc import Iterable
from enum import IntEnum

from contracts.snapshot import JobSnapshot
from contracts.state import JobState


class ExitCode(IntEnum):
    """2 is the command line's own: it was written wrongly. 78 is a wrong setting."""

    DONE = 0
    NOT_DONE = 1  # what was asked for could not be done: the message says why
    JOB_FAILED = 3
    JOB_CANCELLED = 4
    LOST_SIGHT = 5  # the job may still run: look again later
    INTERRUPTED = 130  # by Ctrl-C, as shells say it


def outcome(jobs: Iterable[JobSnapshot]) -> ExitCode:
    """What the end of these jobs is together: the worst one counts."""
    states = {job.state for job in jobs}
    if JobState.FAILED in states:
        return ExitCode.JOB_FAILED
    if JobState.CANCELLED in states:
        return ExitCode.JOB_CANCELLED
    return ExitCode.DONE if states <= {JobState.COMPLETED} else ExitCode.LOST_SIGHT
