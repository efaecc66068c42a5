"""Streams, over HTTP, from a real broker: one contract, held by both fan-outs."""

import asyncio
import json
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager, suppress
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
from aio_pika.abc import AbstractChannel
from pydantic import SecretStr
from uuid_utils import uuid7

from contracts.events import Event, encode
from contracts.owners import COOKIE, Owners
from contracts.topology import EVENT_LOG
from notifier.settings import FanOutKind
from tests.ground import wait_until_async
from tests.proxy import cuttable
from tests.samples import JOB_ID, a_story, one_of_each
from tests.services import answering, free_port, running_notifier
from tests.streams import Story, Stream, figure, listening, publish, publish_bodies, until_figure

SECRET = SecretStr("integration")
Start = Callable[..., AbstractAsyncContextManager[str]]


@pytest.fixture(params=list(FanOutKind), ids=list(FanOutKind))
def start(request: pytest.FixtureRequest, broker_url: str, channel: AbstractChannel, blobs: Path) -> Start:
    """Starts a notifier with this fan-out."""
    settings = {"notifier_fanout": request.param, "store_url": blobs.as_uri(), "secret": SECRET}

    def run(url: str = broker_url, **more: Any) -> AbstractAsyncContextManager[str]:
        return running_notifier(url, **{**settings, **more})

    return run


@pytest.fixture
async def notifier(start: Start) -> AsyncIterator[str]:
    async with start() as url:
        yield url


async def test_every_client_gets_every_event_in_order(notifier: str, channel: AbstractChannel) -> None:
    events = list(one_of_each().values())
    async with listening(notifier) as one, listening(notifier) as two:
        await publish(channel, *events)
        for stream in (one, two):
            assert await stream.events(len(events)) == events


async def test_the_first_bytes_and_the_headers(notifier: str) -> None:
    async with listening(notifier) as stream:
        assert (await stream.snapshot())["reason"] == "new"
        assert stream.comments[0] == "stagecast"
        headers = stream.answer.headers
    assert headers["content-type"] == "text/event-stream; charset=utf-8"
    assert headers["cache-control"] == "no-store, no-transform"
    assert headers["x-accel-buffering"] == "no"


async def test_a_hostile_name_stays_in_its_field(notifier: str, channel: AbstractChannel) -> None:
    name = "a\n\nevent: draining\nid: 7\ndata: b\r<img src=x onerror=alert(1)>"
    event = one_of_each(name)["job.completed"]
    async with listening(notifier) as as_json, listening(notifier, format="text") as as_text:
        await as_json.snapshot()
        await publish(channel, event)
        frame = await as_json.frame()
        assert (frame.event, frame.data) == ("message", encode(event).decode())
        assert frame.last_event_id != "7"
        assert (await as_text.frame()).data == (
            "file: a event: draining id: 7 data: b <img src=x onerror=alert(1)>: finished"
        )
        later = Story()
        async with listening(notifier) as stream:
            while not later.jobs:
                later.take(await stream.frame())
        assert later.jobs[event.subject].job.name == name


async def test_the_text_of_a_job(notifier: str, channel: AbstractChannel) -> None:
    events = one_of_each("a.csv")
    async with listening(notifier, format="text") as stream:
        told = ("job.started", "stage.started", "stage.progressed", "stage.completed")
        await publish(channel, *(events[kind] for kind in told))
        assert [(await stream.frame()).data for _ in range(3)] == [
            "file: a.csv: stage 2/5 identify: begin",
            "file: a.csv: stage 2/5 identify: 43 %",
            "file: a.csv: stage 2/5 identify: end",
        ]


async def test_a_new_client_sees_the_jobs_as_they_are(notifier: str, channel: AbstractChannel) -> None:
    *before, last = a_story()
    async with listening(notifier) as first:
        await publish(channel, *before)
        await first.events(len(before))
        async with listening(notifier) as late, listening(notifier, format="text") as words:
            story = Story()
            while not story.jobs or story.jobs[JOB_ID].sequence < before[-1].data.sequence:
                story.take(await late.frame())
            assert story.jobs[JOB_ID].stages[0].state == "completed"
            await publish(channel, last)
            assert await late.event() == last
            while "finished" not in (await words.frame()).data:
                pass


async def test_who_comes_back_gets_what_it_missed_from_any_notifier(start: Start, channel: AbstractChannel) -> None:
    events = a_story()
    async with start() as one:
        async with listening(one) as stream:
            await publish(channel, *events[:2])
            assert await stream.events(2) == events[:2]
            cursor = stream.last_event_id
        await publish(channel, *events[2:4])
    async with start() as another, listening(another, last_event_id=cursor) as stream:
        await publish(channel, *events[4:])
        await hear(stream, events[2:])
    async with start() as third, listening(third, since=cursor) as stream:
        await hear(stream, events[2:])


async def hear(stream: Stream, events: list[Event]) -> None:
    """It gets all of these, and no snapshot; what it had may come once more."""
    story, wanted = Story(), {event.id for event in events}
    while not wanted <= story.heard:
        story.take(await stream.frame())
    assert story.reasons == []


async def cursor_of(url: str) -> str:
    """What a new client is given."""
    async with listening(url) as stream:
        await stream.snapshot()
        return stream.last_event_id


HOSTILE = ["-1", "9" * 300, "x" * 7_000, "0-00000000", "999999999999999999-0597705c", "null", "1' OR 1=1"]


@pytest.mark.parametrize("cursor", HOSTILE, ids=[text[:12] for text in HOSTILE])
async def test_a_cursor_that_is_none_is_a_snapshot(notifier: str, channel: AbstractChannel, cursor: str) -> None:
    await publish(channel, *a_story())
    async with listening(notifier, last_event_id=cursor) as stream:
        assert (await stream.snapshot())["reason"] == "unknown-id"
        later = one_of_each()["job.failed"]
        await publish(channel, later)
        while await stream.event() != later:
            pass


async def test_a_header_that_is_too_long_harms_nobody(notifier: str, channel: AbstractChannel) -> None:
    async with listening(notifier) as witness:
        await witness.snapshot()
        async with httpx.AsyncClient(base_url=notifier) as client:
            try:
                answer = await client.head("/events", headers={"Last-Event-ID": "9" * 70_000})
                assert answer.status_code < 500
            except httpx.TransportError:
                pass  # hung up on: an answer too
        event = one_of_each()["job.queued"]
        await publish(channel, event)
        assert await witness.event() == event


async def test_a_cursor_of_before_the_history_is_a_snapshot(start: Start, channel: AbstractChannel) -> None:
    async with start() as url:
        cursor = await cursor_of(url)
    await publish(channel, *(event for _ in range(30) for event in a_story()))
    async with start(notifier_history_events=100) as url, listening(url, last_event_id=cursor) as stream:
        assert (await stream.snapshot())["reason"] == "too-old"


async def test_more_than_is_ever_sent_again_is_a_snapshot(start: Start, channel: AbstractChannel) -> None:
    async with start(notifier_max_replay=3) as url:
        cursor = await cursor_of(url)
        async with listening(url) as witness:
            await publish(channel, *a_story())
            await witness.events(len(a_story()))
        async with listening(url, last_event_id=cursor) as stream:
            assert (await stream.snapshot())["reason"] == "too-much"


async def test_a_log_that_was_wiped_is_a_snapshot(start: Start, channel: AbstractChannel) -> None:
    async with start() as url:
        cursor = await cursor_of(url)
        await publish(channel, *a_story())
    await channel.queue_delete(EVENT_LOG.name)
    async with start() as url, listening(url, last_event_id=cursor) as stream:
        assert (await stream.snapshot())["reason"] == "unknown-id"


async def test_filters(notifier: str, channel: AbstractChannel) -> None:
    mine, others = str(uuid7()), str(uuid7())
    cookie, owner = a_visitor()
    await publish(channel, one_of_each(job_id=mine)["job.queued"], one_of_each(job_id=others)["job.queued"])
    async with AsyncExitStack() as stack:
        one = await stack.enter_async_context(listening(notifier, job=mine))
        both = await stack.enter_async_context(listening(notifier, job=[mine, others]))
        calm = await stack.enter_async_context(listening(notifier, progress="0"))
        own = await stack.enter_async_context(listening(notifier, mine="1", cookie=cookie))
        assert [job["job"]["id"] for job in (await one.snapshot())["jobs"]] == [mine]
        story = [owned(event, owner) for event in a_story(mine)]
        other_story = a_story(others)
        await publish(channel, *(event for pair in zip(story, other_story, strict=True) for event in pair))
        assert await one.events(len(story)) == story
        assert await both.events(2 * len(story))
        assert not any("progressed" in event.type for event in await calm.events(8))
        assert await own.events(len(story)) == story
        assert await one.end() == []
        assert await both.end() == []


def a_visitor() -> tuple[str, str]:
    """A cookie as the gateway sets it, and its owner's pseudonym."""
    owners = Owners((SECRET.get_secret_value(),))
    return owners._signer.sign("visitor").decode(), owners.pseudonym("visitor")


def owned(event: Any, owner: str) -> Any:
    job = event.data.job.model_copy(update={"owner": owner})
    return event.model_copy(update={"data": event.data.model_copy(update={"job": job})})


async def test_a_stream_of_one_job_ends_and_stays_ended(notifier: str, channel: AbstractChannel) -> None:
    story = a_story()
    await publish(channel, story[0])
    async with listening(notifier, job=JOB_ID) as stream:
        await stream.snapshot()
        await publish(channel, *story[1:])
        frames = await stream.end()
        assert json.loads(frames[-1].data)["type"] == "job.completed"
    async with listening(notifier, job=JOB_ID) as again:
        assert (await again.snapshot())["jobs"][0]["state"] == "completed"
        assert await again.end() == []
    async with httpx.AsyncClient(base_url=notifier) as client:
        answer = await client.get("/events", params={"job": JOB_ID}, headers={"Last-Event-ID": again.last_event_id})
        assert (answer.status_code, answer.content) == (204, b"")


@pytest.mark.parametrize("since", ["1h", "2020-01-01T00:00:00Z", "2020-01-01T00:00:00+02:00"])
async def test_since(start: Start, channel: AbstractChannel, since: str) -> None:
    story = a_story()
    async with start() as url:  # it has the log from its first message on, so nothing is too old
        await publish(channel, *story)
        async with listening(url, since=since) as stream:
            assert await stream.events(len(story)) == story


async def test_wrong_questions(notifier: str) -> None:
    wrong = {
        "format=xml": "`json`",
        "job=5": "lower-case UUID",
        "progress=maybe": "`1` or `0`",
        "mine=1": "cookie",
        "since=yesterday": "`10m`",
        "since=2026-11-23T19:30:51": "`10m`",
    }
    async with httpx.AsyncClient(base_url=notifier) as client:
        for query, accepted in wrong.items():
            answer = await client.get(f"/events?{query}")
            assert (answer.status_code, answer.headers["content-type"]) == (400, "application/problem+json"), query
            assert accepted in answer.json()["detail"], query
        assert (await client.get(f"/events?job={uuid7()}")).status_code == 404
        assert (await client.post("/events")).status_code == 405
        assert (await client.head("/events")).headers["content-type"].startswith("text/event-stream")


async def test_what_nobody_can_decode_is_skipped_and_counted(notifier: str, channel: AbstractChannel) -> None:
    fine = one_of_each()["job.queued"]
    async with listening(notifier) as one, listening(notifier) as two:
        await publish_bodies(channel, ("", b"no event"), ("a.b", b"\xff" * 100_000))
        await publish(channel, fine)
        assert await one.event() == await two.event() == fine
    assert await figure(notifier, "stagecast_notifier_events_skipped_total") == 2


async def test_a_client_that_goes_is_cleaned_up(notifier: str) -> None:
    async with listening(notifier), listening(notifier):
        await until_figure(notifier, "stagecast_notifier_streams", 2)
    await until_figure(notifier, "stagecast_notifier_streams", 0)


async def test_a_slow_client_delays_nobody_and_is_whole_when_it_reads(start: Start, channel: AbstractChannel) -> None:
    """It takes nothing while megabytes go by; then old progress is missing, and no change of state."""
    story = a_story(progress=2_000)
    padded = [_padded(event) for event in story]
    async with start() as url, silent_client(url) as slow:
        heard = await publish_and_hear(url, channel, padded)
        assert [event.id for event in heard] == [event.id for event in padded]
        text = await read_until(slow, "job.completed")
    assert "progress events left out" in text
    for event in padded:
        assert event.type == "stage.progressed" or event.id in text
    assert text.count("stage.progressed") < 2_000


async def test_a_client_that_is_too_slow_gets_a_snapshot(start: Start, channel: AbstractChannel) -> None:
    padded = [_padded(event) for event in a_story(progress=2_000)]
    async with start(notifier_max_replay=500) as url, silent_client(url) as slow:
        await publish_and_hear(url, channel, padded)
        text = await read_until(slow, "fell-behind")
    assert '"state":"completed"' in text
    assert len(text) < 20_000_000


async def publish_and_hear(url: str, channel: AbstractChannel, events: list[Event]) -> list[Event]:
    """As a client that reads all the while."""
    async with listening(url) as stream, asyncio.TaskGroup() as tasks:
        await stream.snapshot()
        tasks.create_task(publish(channel, *events))
        return await stream.events(len(events))


def _padded(event: Any) -> Any:
    if event.type != "stage.progressed":
        return event
    return event.model_copy(update={"data": event.data.model_copy(update={"message": "x" * 500})})


@asynccontextmanager
async def silent_client(url: str) -> AsyncIterator[asyncio.StreamReader]:
    """It asks for the stream, and takes next to nothing until somebody reads."""
    parts = urlsplit(url)
    assert parts.hostname is not None
    assert parts.port is not None
    with socket.socket() as connection:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 131_072)
        connection.setblocking(False)
        await asyncio.get_running_loop().sock_connect(connection, (parts.hostname, parts.port))
        reader, writer = await asyncio.open_connection(sock=connection, limit=1024)
        writer.write(b"GET /events HTTP/1.1\r\nHost: localhost\r\n\r\n")
        try:
            yield reader
        finally:
            writer.close()
            with suppress(OSError):
                await writer.wait_closed()


async def read_until(reader: asyncio.StreamReader, words: str) -> str:
    text = ""
    async with asyncio.timeout(60):
        while words not in text:
            piece = await reader.read(65536)
            assert piece, text[-1000:]
            text += piece.decode("utf-8", "replace")
    return text


async def test_a_client_that_takes_nothing_is_cut(start: Start, channel: AbstractChannel) -> None:
    padded = [_padded(event) for event in a_story(progress=2_000)]
    async with start(notifier_cut_seconds=2) as url, silent_client(url):
        await publish_and_hear(url, channel, padded)
        await until_figure(url, "stagecast_notifier_clients_cut_total", 1)
        await until_figure(url, "stagecast_notifier_streams", 0)


async def test_limits(start: Start) -> None:
    async with start(notifier_max_streams=3, notifier_max_streams_per_client=2) as url:
        async with listening(url), listening(url), httpx.AsyncClient(base_url=url) as client:
            answer = await client.get("/events")
            assert (answer.status_code, answer.headers["retry-after"]) == (429, "10")
            cookie, _ = a_visitor()
            async with listening(url, cookie=cookie):
                other = Owners((SECRET.get_secret_value(),))._signer.sign("another").decode()
                answer = await client.get("/events", headers={"Cookie": f"{COOKIE}={other}"})
                assert (answer.status_code, answer.headers["retry-after"]) == (503, "10")
        await until_figure(url, "stagecast_notifier_streams", 0)
        async with listening(url) as stream:
            await stream.snapshot()


async def test_a_thousand_streams_end_with_a_farewell(start: Start) -> None:
    async with AsyncExitStack() as stack:
        async with start(notifier_max_streams_per_client=2_000) as url:
            readers = [await stack.enter_async_context(silent_client(url)) for _ in range(1_000)]
            await until_figure(url, "stagecast_notifier_streams", 1_000)
        for reader in readers:
            async with asyncio.timeout(30):
                text = (await reader.read()).decode()
            assert "event: draining\n" in text
            assert text.endswith("0\r\n\r\n")


async def until_not_ready(url: str) -> None:
    async with httpx.AsyncClient() as client:

        async def unready() -> bool:
            return (await client.get(f"{url}/readyz")).status_code == 503

        await wait_until_async(unready, 30)


async def test_streams_outlive_a_lost_broker_and_are_whole_again(
    start: Start, broker_url: str, channel: AbstractChannel
) -> None:
    before, during, after = (one_of_each(name, job_id=str(uuid7()))["job.queued"] for name in ("a", "b", "c"))
    async with (
        cuttable(broker_url) as (url, proxy),
        start(url, notifier_heartbeat_seconds=0.05) as base,
        listening(base) as stream,
    ):
        await publish(channel, before)
        assert await stream.event() == before
        proxy.cut()
        await until_not_ready(base)
        await publish(channel, during)
        await stream.comment("broker is away")
        proxy.mend()
        await answering(f"{base}/readyz")
        await publish(channel, after)
        await hear(stream, [during, after])


async def test_a_log_made_anew_under_open_streams(start: Start, broker_url: str, channel: AbstractChannel) -> None:
    async with cuttable(broker_url) as (url, proxy), start(url) as base, listening(base) as stream:
        await publish(channel, *a_story())
        await stream.events(len(a_story()))
        proxy.cut()
        await until_not_ready(base)
        await channel.queue_delete(EVENT_LOG.name)
        later = one_of_each(job_id=str(uuid7()))["job.queued"]
        await publish(channel, later)
        proxy.mend()
        snapshots: list[dict[str, Any]] = []
        while not any(later.subject in json.dumps(snapshot) for snapshot in snapshots):
            frame = await stream.frame()
            if frame.event == "snapshot":
                snapshots.append(json.loads(frame.data))
            elif frame.data == encode(later).decode():
                break
        assert snapshots[0]["reason"] == "log-remade"


async def test_a_deleted_log_is_noticed(start: Start, channel: AbstractChannel) -> None:
    async with start() as url, listening(url) as stream:
        await stream.snapshot()
        await channel.queue_delete(EVENT_LOG.name)
        assert (await stream.snapshot())["reason"] == "log-remade"
        event = one_of_each()["job.queued"]
        await publish(channel, event)
        assert await stream.event() == event


async def test_no_stream_is_opened_onto_nothing(start: Start) -> None:
    nowhere = f"amqp://guest:guest@127.0.0.1:{free_port()}/"
    async with start(nowhere, ready=False) as url, httpx.AsyncClient(base_url=url) as client:
        answer = await client.get("/events")
        assert answer.status_code == 503
        assert int(answer.headers["retry-after"]) > 0
        assert answer.headers["content-type"] == "application/problem+json"
        assert (await client.get("/readyz")).status_code == 503
        assert (await client.get("/livez")).status_code == 200


async def test_who_may_read(notifier: str) -> None:
    async with httpx.AsyncClient(base_url=notifier) as client:
        page = await client.head("/events", headers={"Origin": "http://localhost:8000"})
        assert page.headers["access-control-allow-origin"] == "http://localhost:8000"
        assert "Origin" in page.headers["vary"]
        stranger = await client.head("/events", headers={"Origin": "http://evil.example"})
        assert "access-control-allow-origin" not in stranger.headers
