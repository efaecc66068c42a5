"""A tiny job through the whole path, and when each hop was heard of."""

import asyncio
import tempfile
import time
from collections.abc import AsyncGenerator
from contextlib import aclosing, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from cli.amounts import span_said
from cli.doctor.clocks import Reading
from cli.doctor.finding import Finding, good, note, wrong
from cli.output import shown
from client import ClientError, Connected, Stagecast, Upload, Waiting
from client.stream import Snapshot, Stream, Update
from contracts.events import Event, JobCancelled, JobCompleted, JobFailed, JobQueued, JobStarted, StageCompleted
from contracts.job import Job

CHECK = "canary"
NAME = "stagecast-canary.txt"
CONTENT = "A tiny job of `stagecast doctor`.\n"
ENDS = (JobCompleted, JobFailed, JobCancelled)
SLOW_START = 5.0  # seconds between being queued and being begun


@dataclass(frozen=True)
class Hop:
    """Something that was reached, in seconds since the upload began, by our clock."""

    name: str
    at: float


@dataclass(frozen=True)
class Heard:
    """An event, and when it came, as a `Hop`'s time and as an instant."""

    event: Event
    at: float
    came: datetime


@dataclass
class Canary:
    """A reading."""

    pipeline: str
    seconds: float  # how long it was waited for
    begun: datetime = field(default_factory=lambda: datetime.now(UTC))
    job_id: str | None = None
    is_heard: bool = False  # the stream had begun before it was sent
    accepted_at: float | None = None
    error: str = ""
    heard: list[Heard] = field(default_factory=list)  # also of other jobs of this name

    @property
    def ours(self) -> list[Heard]:
        return [heard for heard in self.heard if heard.event.subject == self.job_id]

    @property
    def end(self) -> Event | None:
        """The event that ended it."""
        return next((heard.event for heard in self.ours if isinstance(heard.event, ENDS)), None)

    @property
    def hops(self) -> list[Hop]:
        """In the order that we heard of them: an answer and an event may overtake each other."""
        hops = [Hop(name, heard.at) for heard in self.ours if (name := _hop(heard.event))]
        accepted = [Hop("accepted", self.accepted_at)] if self.accepted_at is not None else []
        return sorted([*accepted, *hops], key=lambda hop: hop.at)

    def clocks(self) -> list[Reading]:
        """What its events say of the clocks of those who told them."""
        return [
            Reading(heard.event.source.split("/")[1].removesuffix("s"), heard.event.time, self.begun, heard.came)
            for heard in self.ours
        ]


async def send_canary(stagecast: Stagecast, pipeline: str, *, seconds: float) -> Canary:
    """Send it, and listen until it has ended, for so long at the most; then it is cancelled."""
    canary = Canary(pipeline, seconds)
    try:
        async with asyncio.timeout(seconds):
            await _run(stagecast, canary)
    except TimeoutError:
        if canary.job_id is not None:
            with suppress(ClientError):
                await stagecast.cancel(canary.job_id)
    except (ClientError, OSError) as error:
        canary.error = str(error)
    return canary


def judge_canary(canary: Canary) -> Finding:
    """How far it came says what is to be looked at."""
    if canary.error:
        return wrong(CHECK, shown(canary.error), "see what is said of the services and the pipeline")
    match canary.end:
        case JobCompleted():
            return _judge_speed(canary)
        case JobFailed(data=failure):
            return note(
                CHECK, f"the path is whole, but its job failed: {shown(failure.reason)}", "see the processor's log"
            )
        case JobCancelled():
            return note(CHECK, "the path is whole, but somebody cancelled its job")
        case _:
            return _judge_stop(canary)


def _judge_stop(canary: Canary) -> Finding:
    waited = span_said(canary.seconds)
    if not canary.is_heard:
        said = f"it was not sent: no stream began within {waited}"
        return wrong(CHECK, said, "see what is said of the stream")
    if canary.job_id is None:
        said = f"nothing was accepted within {waited}"
        return wrong(CHECK, said, "see the gateway's log, its store and its broker")
    reached = {hop.name for hop in canary.hops}
    if "queued" not in reached:
        said = f"it was accepted, but nothing was told of it within {waited}"
        return wrong(CHECK, said, "see the stream, and that gateway and notifier use the same broker and vhost")
    if "started" not in reached:
        said = f"it was queued, but nobody began it within {waited}"
        return wrong(CHECK, said, f"start a processor that offers {canary.pipeline}, or more of them")
    return wrong(CHECK, f"it was begun, but did not end within {waited}", "see the processor's log")


def _judge_speed(canary: Canary) -> Finding:
    at = {hop.name: hop.at for hop in canary.hops}
    waited = at["started"] - at["queued"] if {"queued", "started"} <= at.keys() else 0.0
    said = f"through the whole path in {span_said(canary.hops[-1].at)}"
    if waited > SLOW_START:
        return note(CHECK, f"{said}, {span_said(waited)} of them in the queue", "start more processors")
    return good(CHECK, said)


def _hop(event: Event) -> str | None:
    match event:
        case JobQueued():
            return "queued"
        case JobStarted():
            return "started"
        case StageCompleted(data=result):
            return f"stage {result.stage.name}"
        case JobCompleted():
            return "completed"
        case _:
            return None


async def _run(stagecast: Stagecast, canary: Canary) -> None:
    """Listen first: events may come before the upload is answered."""
    stream = Stream(
        stagecast.http, f"{await stagecast.notifier_url()}/events", (("progress", "0"),), patience=canary.seconds
    )
    async with aclosing(stream.updates()) as updates:
        async for update in updates:
            if isinstance(update, Snapshot):
                canary.is_heard = True
                break
        canary.begun, started = datetime.now(UTC), time.monotonic()
        news = asyncio.Event()
        listening = asyncio.ensure_future(_listen(canary, updates, started, news))
        try:
            canary.job_id = (await _send(stagecast, canary.pipeline)).id
            canary.accepted_at = time.monotonic() - started
            while canary.end is None:
                await news.wait()
                news.clear()
        finally:
            listening.cancel()
            with suppress(asyncio.CancelledError, ClientError):
                await listening


async def _listen(canary: Canary, updates: AsyncGenerator[Update, None], started: float, news: asyncio.Event) -> None:
    async for update in updates:
        if not isinstance(update, Connected | Waiting | Snapshot) and update.data.job.name == NAME:
            canary.heard.append(Heard(update, time.monotonic() - started, datetime.now(UTC)))
            news.set()


async def _send(stagecast: Stagecast, pipeline: str) -> Job:
    with tempfile.TemporaryDirectory() as folder:
        return await stagecast.send(Upload(_a_file(folder), pipeline))


def _a_file(folder: str) -> Path:
    path = Path(folder, NAME)
    path.write_text(CONTENT, encoding="utf-8")
    return path
