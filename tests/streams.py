"""A client's view of the notifier, and what tests publish for it."""

import asyncio
import json
from collections import deque
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import aio_pika
import httpx
from aio_pika.abc import AbstractChannel

from contracts.events import Event, decode_event, encode
from contracts.owners import COOKIE
from contracts.snapshot import JobSnapshot, fold
from contracts.topology import EVENT_TOPOLOGY, EVENTS, declare, event_key
from tests.ground import wait_until_async


@dataclass(frozen=True)
class Frame:
    """What an EventSource would dispatch."""

    event: str
    data: str
    last_event_id: str


class Stream:
    """An open stream, read as the HTML standard says."""

    def __init__(self, answer: httpx.Response, last_event_id: str = "", *, patience: float | None = 30) -> None:
        self.answer = answer
        self.patience = patience  # seconds to wait for a frame
        self.last_event_id = last_event_id
        self.comments: list[str] = []
        self._kept: deque[Frame] = deque()  # that came before a comment that was waited for
        self._chunks = answer.aiter_text()
        self._text = ""

    async def frame(self) -> Frame:
        """The next frame with data; comments are kept aside."""
        if self._kept:
            return self._kept.popleft()
        async with asyncio.timeout(self.patience):
            while True:
                while "\n\n" not in self._text:
                    self._text += await anext(self._chunks)
                block, _, self._text = self._text.partition("\n\n")
                if (frame := self._read(block)) is not None:
                    return frame

    async def event(self) -> Event:
        """The next fact; snapshots and farewells are passed over."""
        while (frame := await self.frame()).event != "message":
            pass
        return decode_event(frame.data.encode())

    async def events(self, count: int) -> list[Event]:
        return [await self.event() for _ in range(count)]

    async def snapshot(self) -> dict[str, Any]:
        """The next frame, which is a snapshot."""
        frame = await self.frame()
        assert frame.event == "snapshot", frame
        found: dict[str, Any] = json.loads(frame.data)
        return found

    async def comment(self, text: str) -> None:
        """Wait for a comment that holds `text`; frames that come before it are kept."""
        async with asyncio.timeout(30):
            while not any(text in comment for comment in self.comments):
                self._text += await anext(self._chunks)
                *blocks, self._text = self._text.split("\n\n")
                self._kept += [frame for block in blocks if (frame := self._read(block)) is not None]

    async def end(self) -> list[Frame]:
        """The frames up to the stream's end."""
        frames = []
        while True:
            try:
                frames.append(await self.frame())
            except StopAsyncIteration:
                return frames

    def _read(self, block: str) -> Frame | None:
        event, data = "message", []
        for line in block.splitlines():
            field, _, value = line.partition(":")
            match field, value.removeprefix(" "):
                case "", comment:
                    self.comments.append(comment)
                case "id", value:
                    self.last_event_id = value
                case "event", value:
                    event = value
                case "data", value:
                    data.append(value)
        return Frame(event, "\n".join(data), self.last_event_id) if data else None


@asynccontextmanager
async def listening(url: str, *, last_event_id: str = "", cookie: str = "", **query: Any) -> AsyncIterator[Stream]:
    """A client that asks with these query parameters."""
    headers = {"Last-Event-ID": last_event_id} if last_event_id else {}
    if cookie:
        headers["Cookie"] = f"{COOKIE}={cookie}"
    async with (
        httpx.AsyncClient(base_url=url, timeout=30) as client,
        client.stream("GET", "/events", params=query, headers=headers) as answer,
    ):
        assert answer.status_code == 200, await answer.aread()
        yield Stream(answer, last_event_id)


async def publish(channel: AbstractChannel, *events: Event) -> None:
    """As a service does."""
    await publish_bodies(channel, *((event_key(event), encode(event)) for event in events))


async def publish_bodies(channel: AbstractChannel, *messages: tuple[str, bytes]) -> None:
    """Anything, under a routing key."""
    await declare(channel, *EVENT_TOPOLOGY)
    exchange = await channel.get_exchange(EVENTS.name)
    for key, body in messages:
        await exchange.publish(aio_pika.Message(body), key, mandatory=False)


async def figure(url: str, name: str) -> float:
    """One of `/metrics`, with its labels."""
    async with httpx.AsyncClient() as client:
        lines = (await client.get(f"{url}/metrics")).text.splitlines()
    return next((float(line.rsplit(" ", 1)[1]) for line in lines if line.startswith(f"{name} ")), 0.0)


async def until_figure(url: str, name: str, value: float) -> None:
    async def reached() -> bool:
        return await figure(url, name) == value

    await wait_until_async(reached, 30, what=f"{name} {value}")


@dataclass
class Story:
    """What a client knows of all jobs by what it was told, as the page folds it. No job may go backwards."""

    jobs: dict[str, JobSnapshot] = field(default_factory=dict)
    heard: set[str] = field(default_factory=set)  # ids of events, since the last snapshot
    shown: dict[str, tuple[int, int]] = field(default_factory=dict)  # the last snapshot's attempts and sequences
    reasons: list[str] = field(default_factory=list)

    def take(self, frame: Frame) -> None:
        match frame.event:
            case "snapshot":
                self._replace(json.loads(frame.data))
            case "message":
                event = decode_event(frame.data.encode())
                self.heard.add(event.id)
                self.learn(event)

    def learn(self, event: Event) -> None:
        """Take in what an event says of its job."""
        if (job := fold(self.jobs.get(event.subject), event)) is not None:
            self.jobs[event.subject] = job

    def missed(self, published: Iterable[Event]) -> list[Event]:
        """What it was never told, and no snapshot has covered."""
        return [
            event
            for event in published
            if event.id not in self.heard
            and (event.data.attempt, event.data.sequence) > self.shown.get(event.subject, (0, -1))
        ]

    def states(self) -> dict[str, tuple[str, int, int]]:
        return {job_id: (job.state.value, job.attempt, job.sequence) for job_id, job in self.jobs.items()}

    def _replace(self, snapshot: dict[str, Any]) -> None:
        jobs = [JobSnapshot.model_validate(job) for job in snapshot["jobs"]]
        for job in jobs:
            known = self.jobs.get(job.job.id)
            assert known is None or (known.attempt, known.sequence) <= (job.attempt, job.sequence), (known, job)
        assert self.jobs.keys() <= {job.job.id for job in jobs}
        self.jobs = {job.job.id: job for job in jobs}
        self.shown = {job_id: (job.attempt, job.sequence) for job_id, job in self.jobs.items()}
        self.heard.clear()
        self.reasons.append(snapshot["reason"])


async def hear(stream: Stream, events: list[Event]) -> None:
    """It gets all of these, and no snapshot; what it had may come once more."""
    story, wanted = Story(), {event.id for event in events}
    while not wanted <= story.heard:
        story.take(await stream.frame())
    assert story.reasons == []
