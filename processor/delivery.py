"""What the processor asks of the broker."""

from datetime import timedelta
from typing import Protocol

from contracts.events import Event
from contracts.job import JobRequest


class Delivery(Protocol):
    """A message in hand, to be settled exactly once."""

    @property
    def body(self) -> bytes: ...

    @property
    def is_redelivered(self) -> bool:
        """Whether somebody had it before."""

    @property
    def returns(self) -> int:
        """How often it was delivered before without being settled, as far as the broker counts."""

    async def ack(self) -> None:
        """The message is done with."""

    async def give_back(self) -> None:
        """Somebody else should have it."""


class Announcer(Protocol):
    """What the worker tells the broker. Each returns when the broker has confirmed, however long it was away.

    Who waits is cancelled when the connection that brought the job is lost.
    """

    async def publish(self, *events: Event) -> None:
        """Events of one job, in this order; a reader may hear some of them twice."""

    async def submit(self, request: JobRequest) -> None:
        """To whoever takes the next job of its pipeline."""

    async def retry_later(self, request: JobRequest, after: timedelta) -> None:
        """As `submit`, not before `after` has passed; it is one of the ladder's delays."""

    async def bury(self, body: bytes, reason: str) -> None:
        """To the dead letters."""
