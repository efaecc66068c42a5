"""What a client wants to hear of, and in which form."""

from dataclasses import dataclass
from enum import StrEnum

from contracts.job import Job
from notifier.encoded import EncodedEvent


class Format(StrEnum):
    JSON = "json"
    TEXT = "text"


@dataclass(frozen=True)
class Selection:
    """Equal selections get the same bytes, so that these are made once for all who have them."""

    format: Format = Format.JSON
    jobs: frozenset[str] = frozenset()  # empty: all
    owner: str | None = None  # None: everybody's
    progress: bool = True

    @property
    def is_everything(self) -> bool:
        return not self.jobs and self.owner is None and self.progress

    def shared(self) -> "Selection":
        """An equal one that all share who have nothing of their own in it: thousands of clients hold one each."""
        return _COMMON.get(self, self)

    def has(self, event: EncodedEvent) -> bool:
        """Whether the client is told of an event."""
        return self._concerns(event.job_id, event.owner) and (self.progress or event.progress_of is None)

    def has_job(self, job: Job) -> bool:
        """Whether the client is told of a job."""
        return self._concerns(job.id, job.owner)

    def _concerns(self, job_id: str, owner: str | None) -> bool:
        return (not self.jobs or job_id in self.jobs) and (self.owner is None or owner == self.owner)


_COMMON = {each: each for each in (Selection(kind, progress=progress) for kind in Format for progress in (True, False))}
