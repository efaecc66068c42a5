"""Who comes back goes on where it was, or is told why not."""

import httpx
import pytest
from aio_pika.abc import AbstractChannel

from contracts.topology import EVENT_LOG
from tests.integration.streams.conftest import Start
from tests.samples import a_story, one_of_each
from tests.streams import hear, listening, publish

HOSTILE = ["-1", "9" * 300, "x" * 7_000, "0-00000000", "999999999999999999-0597705c", "null", "1' OR 1=1"]


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


async def cursor_of(url: str) -> str:
    """What a new client is given."""
    async with listening(url) as stream:
        await stream.snapshot()
        return stream.last_event_id


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


@pytest.mark.parametrize("since", ["1h", "2020-01-01T00:00:00Z", "2020-01-01T00:00:00+02:00"])
async def test_since(start: Start, channel: AbstractChannel, since: str) -> None:
    story = a_story()
    async with start() as url:  # it has the log from its first message on, so nothing is too old
        await publish(channel, *story)
        async with listening(url, since=since) as stream:
            assert await stream.events(len(story)) == story
