"""Clients as the page is one: when a stream breaks they come back, with their cursor, and never give up."""

import asyncio
import random
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field

import httpx

from contracts.events import Event, decode_event
from tests.integration.conftest import ENDS
from tests.streams import Frame, Story, Stream

PAUSES = (0.1, 1.0)  # seconds before a client comes back; not all at once


@dataclass(eq=False)
class Client:
    """One open stream after the other, and all that it was told in the order of arrival."""

    story: Story = field(default_factory=Story)
    told: list[Event] = field(default_factory=list)
    ended: set[str] = field(default_factory=set)  # jobs whose end it was told
    under_way: set[str] = field(default_factory=set)  # jobs of which a stage's progress was told
    comments: list[str] = field(default_factory=list)
    cursor: str = ""
    farewells: int = 0  # streams that were ended in order

    async def follow(self, http: httpx.AsyncClient) -> None:
        """Never returns. As an EventSource it has no patience that could end: a dead stream is the server's affair."""
        while True:
            with suppress(httpx.HTTPError, StopAsyncIteration):
                await self._listen(http)
            await asyncio.sleep(random.uniform(*PAUSES))

    async def _listen(self, http: httpx.AsyncClient) -> None:
        headers = {"Last-Event-ID": self.cursor} if self.cursor else {}
        async with http.stream("GET", "/events", headers=headers) as answer:
            answer.raise_for_status()
            stream = Stream(answer, self.cursor, patience=None)
            self.comments = stream.comments
            try:
                while True:
                    self.take(await stream.frame())
            finally:
                self.cursor = stream.last_event_id

    def take(self, frame: Frame) -> None:
        self.story.take(frame)
        self.farewells += frame.event == "draining"
        if frame.event != "message":
            return
        event = decode_event(frame.data.encode())
        self.told.append(event)
        if event.type == "stage.progressed":
            self.under_way.add(event.subject)
        if event.type in ENDS:
            self.ended.add(event.subject)


@asynccontextmanager
async def audience(url: str, count: int) -> AsyncIterator[list[Client]]:
    """So many clients, each of which has begun with a snapshot."""
    clients = [Client() for _ in range(count)]
    limits = httpx.Limits(max_connections=None, max_keepalive_connections=None)
    async with (
        httpx.AsyncClient(base_url=url, timeout=httpx.Timeout(None, connect=30), limits=limits) as http,
        asyncio.TaskGroup() as tasks,
    ):
        following = [tasks.create_task(client.follow(http)) for client in clients]
        yield clients
        for task in following:
            task.cancel()


def waiting_for(clients: Iterable[Client], jobs: set[str]) -> int:
    """How many ends have not been told, over all clients."""
    return sum(len(jobs - client.ended) for client in clients)
