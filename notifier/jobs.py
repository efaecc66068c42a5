"""The jobs that this process knows of, as their events tell them."""

from collections.abc import Iterator
from dataclasses import dataclass

from contracts.events import Event
from contracts.record import JobRecord
from contracts.snapshot import JobSnapshot, fold
from notifier.selection import Selection

MAX_ACTIVE = 10_000  # past it those that were silent for longest go; their next event brings them back


@dataclass(slots=True, eq=False)
class KnownJob:
    """A job, and its JSON once somebody asked for it."""

    snapshot: JobSnapshot
    _json: bytes | None = None

    @property
    def json(self) -> bytes:
        if self._json is None:
            self._json = self.snapshot.model_dump_json(exclude_none=True).encode()
        return self._json


class Jobs:
    """All active jobs, and the `keep_finished` that ended last."""

    def __init__(self, *, keep_finished: int) -> None:
        self._keep_finished = keep_finished
        self._active: dict[str, KnownJob] = {}  # the one heard last at the end
        self._finished: dict[str, KnownJob] = {}  # the one that ended last at the end

    def __len__(self) -> int:
        return len(self._active) + len(self._finished)

    def __iter__(self) -> Iterator[KnownJob]:
        """The newest first: ids rise with time (UUID version 7)."""
        known = {**self._active, **self._finished}
        return (known[job_id] for job_id in sorted(known, reverse=True))

    def get(self, job_id: str) -> KnownJob | None:
        return self._active.get(job_id) or self._finished.get(job_id)

    def apply(self, event: Event) -> None:
        """Take in an event; one that is not newer than what is known changes nothing."""
        known = self.get(event.subject)
        after = fold(known.snapshot if known else None, event)
        if after is not None and (known is None or after is not known.snapshot):
            self._keep(after)

    def learn(self, record: JobRecord) -> None:
        """Take in what the store says of a job, where that is more than is known."""
        known = self.get(record.job.id)
        if known is None or _place(known.snapshot) < _place(record):
            self._keep(
                JobSnapshot.model_construct(**{name: getattr(record, name) for name in JobSnapshot.model_fields})
            )

    def over(self, job_ids: frozenset[str]) -> frozenset[str]:
        """Those of them that are neither at work nor wait for it."""
        return job_ids - self._active.keys()

    def selected(self, selection: Selection) -> list[KnownJob]:
        """Those that a client may see, the newest first."""
        return [known for known in self if selection.has_job(known.snapshot.job)]

    def _keep(self, job: JobSnapshot) -> None:
        job_id = job.job.id
        self._active.pop(job_id, None)
        self._finished.pop(job_id, None)
        table, bound = (self._finished, self._keep_finished) if job.state.is_terminal else (self._active, MAX_ACTIVE)
        table[job_id] = KnownJob(job)
        if len(table) > bound:
            del table[next(iter(table))]


def _place(job: JobSnapshot) -> tuple[int, int]:
    return job.attempt, job.sequence
