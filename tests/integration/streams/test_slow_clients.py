"""Who takes little delays nobody, holds little, and is whole when it reads."""

import asyncio
from typing import Any

from aio_pika.abc import AbstractChannel

from contracts.events import Event
from tests.integration.streams.conftest import Start
from tests.integration.streams.silent import read_until, silent_client
from tests.samples import a_story
from tests.streams import listening, publish, until_figure


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


async def test_a_client_that_takes_nothing_is_cut(start: Start, channel: AbstractChannel) -> None:
    padded = [_padded(event) for event in a_story(progress=2_000)]
    async with start(notifier_cut_seconds=2) as url, silent_client(url):
        await publish_and_hear(url, channel, padded)
        await until_figure(url, "stagecast_notifier_clients_cut_total", 1)
        await until_figure(url, "stagecast_notifier_streams", 0)


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
