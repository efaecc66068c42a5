"""Who asks, and what they may see."""

from dataclasses import dataclass, field
from enum import StrEnum

from contracts.job import Job


class Visibility(StrEnum):
    ALL = "all"  # everybody sees all jobs
    OWN = "own"  # each sees its own


@dataclass(frozen=True, slots=True)
class Share:
    """A link to one job: who has it may read that job until it expires."""

    job_id: str
    expires_at: float  # seconds since 1970
    text: str = field(repr=False)  # as it stands in the link


@dataclass(frozen=True, slots=True)
class Caller:
    """Who sent a request, once that is sure."""

    owner: str | None  # the public pseudonym; None for who comes by a share link
    visibility: Visibility = Visibility.ALL
    is_known: bool = True  # False: a visitor whose first request this is, and whose jobs are still to come
    visitor: str | None = field(default=None, repr=False)  # the secret of an anonymous one's cookie
    expires_at: float | None = None  # seconds since 1970; when what it came with is no longer good
    share: Share | None = None

    def may_read(self, job: Job) -> bool:
        """Whether this job, its events and its artifacts are for this caller."""
        if self.share is not None:
            return job.id == self.share.job_id
        return self.visibility is Visibility.ALL or (job.owner is not None and job.owner == self.owner)

    def may_go_on_with(self, owner: str | None) -> bool:
        """Whether an upload that `owner` began, and whose id this caller knows, is for this caller to go on with.

        A visitor's cookie may come and go between two requests: where all see all, the id is enough.
        """
        if self.share is None and self.visitor is not None and self.visibility is Visibility.ALL:
            return True
        return self.owner is not None and self.owner == owner

    @property
    def only_owner(self) -> str | None:
        """Whose jobs alone it may see; None where it is not its owner that decides."""
        return self.owner if self.visibility is Visibility.OWN and self.share is None else None
