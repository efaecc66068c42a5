"""Stand-ins for the ports of the pure middle; the real ones are tried in tests/integration."""

import asyncio
from dataclasses import dataclass, field
from datetime import timedelta

from contracts.events import Event
from contracts.job import JobRequest
from gateway.errors import NotReadyError, UnknownPipelineError


@dataclass
class FakeDelivery:
    """A message in hand that remembers what became of it."""

    body: bytes
    returns: int = 0
    is_redelivered: bool = False
    outcomes: list[str] = field(default_factory=list)

    async def ack(self) -> None:
        self.outcomes.append("ack")

    async def give_back(self) -> None:
        self.outcomes.append("give back")


@dataclass
class FakeQueues:
    """Job queues with these deliveries in them."""

    waiting: list[FakeDelivery] = field(default_factory=list)
    calls: list[str] = field(default_factory=list)

    async def listen(self) -> None:
        self.calls.append("listen")

    async def leave(self) -> None:
        self.calls.append("leave")

    async def fetch(self) -> FakeDelivery | None:
        self.calls.append("fetch")
        return self.waiting.pop(0) if self.waiting else None


@dataclass
class FakeAnnouncer:
    """A broker that takes everything at once."""

    events: list[Event] = field(default_factory=list)
    submitted: list[JobRequest] = field(default_factory=list)
    retries: list[tuple[JobRequest, timedelta]] = field(default_factory=list)
    buried: list[tuple[bytes, str]] = field(default_factory=list)
    is_away: asyncio.Event | None = None

    async def publish(self, *events: Event) -> None:
        if self.is_away is not None:
            await self.is_away.wait()
        self.events.extend(events)

    async def submit(self, request: JobRequest) -> None:
        self.submitted.append(request)

    async def retry_later(self, request: JobRequest, after: timedelta) -> None:
        self.retries.append((request, after))

    async def bury(self, body: bytes, reason: str) -> None:
        self.buried.append((body, reason))


@dataclass
class FakePublisher:
    """A broker as the gateway sees it, that takes everything at once, as long as somebody offers the pipelines."""

    submitted: list[JobRequest] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)
    offers: bool = True
    is_away: bool = False

    async def require(self, pipeline: str) -> None:
        if not self.offers:
            raise UnknownPipelineError

    async def submit(self, request: JobRequest) -> None:
        await self.require(request.job.pipeline)
        if self.is_away:
            raise NotReadyError
        self.submitted.append(request)

    async def announce(self, event: Event) -> None:
        self.events.append(event)
