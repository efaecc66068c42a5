"""Streams, over HTTP, from a real broker: what they tell, to whom, and how they end."""

import asyncio
import json
from contextlib import AsyncExitStack
from typing import Any

import httpx
from aio_pika.abc import AbstractChannel
from uuid_utils import uuid7

from contracts.events import encode
from contracts.owners import COOKIE
from tests.integration.streams.conftest import Start, a_visitor
from tests.integration.streams.silent import silent_client
from tests.samples import JOB_ID, a_story, one_of_each
from tests.streams import Story, figure, listening, publish, publish_bodies, until_figure


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


async def test_limits(start: Start) -> None:
    async with start(notifier_max_streams=3, notifier_max_streams_per_client=2) as url:
        async with listening(url), listening(url), httpx.AsyncClient(base_url=url) as client:
            answer = await client.get("/events")
            assert (answer.status_code, answer.headers["retry-after"]) == (429, "10")
            cookie, _ = a_visitor()
            async with listening(url, cookie=cookie):
                other, _ = a_visitor("another")
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


async def test_who_may_read(notifier: str) -> None:
    async with httpx.AsyncClient(base_url=notifier) as client:
        page = await client.head("/events", headers={"Origin": "http://localhost:8000"})
        assert page.headers["access-control-allow-origin"] == "http://localhost:8000"
        assert "Origin" in page.headers["vary"]
        stranger = await client.head("/events", headers={"Origin": "http://evil.example"})
        assert "access-control-allow-origin" not in stranger.headers
