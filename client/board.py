"""The jobs as their events tell them: everybody folds the same way."""

from collections.abc import Iterable

from client.stream import Snapshot
from contracts.events import Event
from contracts.snapshot import JobSnapshot, fold

MOST = 2_000  # jobs; past it those that ended first go


class Board:
    """What is known of jobs."""

    def __init__(self) -> None:
        self._jobs: dict[str, JobSnapshot] = {}

    def take(self, update: Snapshot | Event) -> tuple[JobSnapshot, ...]:
        """Take in what was told; gives the jobs that it changed."""
        if isinstance(update, Snapshot):
            return self._replace(update.jobs)
        known = self._jobs.get(update.subject)
        after = fold(known, update)
        if after is None or after is known:
            return ()
        self._keep(after)
        return (after,)

    def are_over(self, job_ids: Iterable[str]) -> bool:
        """Whether all of them have ended."""
        known = [self._jobs.get(job_id) for job_id in job_ids]
        return all(job is not None and job.state.is_terminal for job in known)

    def _replace(self, jobs: tuple[JobSnapshot, ...]) -> tuple[JobSnapshot, ...]:
        """A snapshot has all that may be seen: what it has not is no longer there."""
        changed = tuple(job for job in jobs if self._jobs.get(job.job.id) != job)
        self._jobs = {job.job.id: job for job in jobs}
        return changed

    def _keep(self, job: JobSnapshot) -> None:
        self._jobs[job.job.id] = job
        if len(self._jobs) > MOST:
            ended = (known for known in self._jobs.values() if known.ended_at is not None)
            oldest = min(ended, key=lambda known: known.ended_at or known.heard_at, default=None)
            if oldest is not None:
                del self._jobs[oldest.job.id]
