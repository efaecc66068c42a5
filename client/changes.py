"""What a follower is told."""

from dataclasses import dataclass

from contracts.snapshot import JobSnapshot


@dataclass(frozen=True)
class Connected:
    """The stream is open: from here on all is live."""


@dataclass(frozen=True)
class Waiting:
    """There is no stream for the moment; the next try comes after so many seconds. Nothing is missed."""

    reason: str
    seconds: float


@dataclass(frozen=True)
class Seen:
    """Jobs as they are now: those that changed."""

    jobs: tuple[JobSnapshot, ...]


Change = Connected | Waiting | Seen
