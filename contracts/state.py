"""The life of a job: one closed state machine, and the events that move it.

queued → running → (retrying → running)* → completed | failed | cancelled

By hand, a failed or cancelled job is queued again.
"""

from enum import StrEnum

from contracts.errors import IllegalTransitionError


class JobState(StrEnum):
    QUEUED = "queued"  # stored and confirmed; no processor has begun
    RUNNING = "running"  # a processor works on it
    RETRYING = "retrying"  # an attempt failed; the next one waits for its time
    COMPLETED = "completed"
    FAILED = "failed"
    CANCELLED = "cancelled"

    @property
    def is_terminal(self) -> bool:
        return self in TERMINAL_STATES


TERMINAL_STATES = frozenset({JobState.COMPLETED, JobState.FAILED, JobState.CANCELLED})

# A start in `running` is a job delivered again after its processor died without a word.
TRANSITIONS: dict[tuple[JobState, str], JobState] = {
    (JobState.QUEUED, "job.started"): JobState.RUNNING,
    (JobState.QUEUED, "job.cancelled"): JobState.CANCELLED,
    (JobState.RUNNING, "job.started"): JobState.RUNNING,
    (JobState.RUNNING, "stage.started"): JobState.RUNNING,
    (JobState.RUNNING, "stage.progressed"): JobState.RUNNING,
    (JobState.RUNNING, "stage.completed"): JobState.RUNNING,
    (JobState.RUNNING, "stage.failed"): JobState.RUNNING,
    (JobState.RUNNING, "job.retrying"): JobState.RETRYING,
    (JobState.RUNNING, "job.completed"): JobState.COMPLETED,
    (JobState.RUNNING, "job.failed"): JobState.FAILED,
    (JobState.RUNNING, "job.cancelled"): JobState.CANCELLED,
    (JobState.RETRYING, "job.started"): JobState.RUNNING,
    (JobState.RETRYING, "job.cancelled"): JobState.CANCELLED,
    (JobState.FAILED, "job.queued"): JobState.QUEUED,
    (JobState.CANCELLED, "job.queued"): JobState.QUEUED,
}


def advance(state: JobState | None, event_type: str) -> JobState:
    """The state after an event; `None` is a job that nobody has heard of.

    Raises:
        IllegalTransitionError: no job goes that way.
    """
    if state is None and event_type == "job.queued":
        return JobState.QUEUED
    following = TRANSITIONS.get((state, event_type)) if state is not None else None
    if following is None:
        raise IllegalTransitionError(f"{event_type} cannot follow {state or 'nothing'}")
    return following
