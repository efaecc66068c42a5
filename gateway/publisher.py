"""A port: what uploads need of the broker."""

from typing import Protocol

from contracts.events import Event
from contracts.job import JobRequest


class Publisher(Protocol):
    """What an upload needs of the broker."""

    async def require(self, pipeline: str) -> None:
        """Refuse a pipeline that no processor offers."""

    async def submit(self, request: JobRequest) -> None:
        """Return when the broker has taken the job over."""

    async def announce(self, event: Event) -> None:
        """Tell everyone, as well as the broker can."""
