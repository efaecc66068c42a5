"""What the broker does to open streams.

Pass rule: they stay open, say that something is wrong, and end with the whole story without connecting again.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aio_pika
import pytest
from aio_pika.abc import AbstractChannel

from notifier.settings import FanOutKind
from tests.faults.processes import Broker
from tests.proxy import BOTH_WAYS, Way, cuttable
from tests.samples import a_story
from tests.services import answering, running_notifier
from tests.streams import Story, listening, publish

FAN_OUTS = pytest.mark.parametrize("fan_out", list(FanOutKind), ids=list(FanOutKind))


@asynccontextmanager
async def channel_to(url: str) -> AsyncIterator[AbstractChannel]:
    async with await aio_pika.connect(url) as connection, connection.channel() as channel:
        yield channel


@FAN_OUTS
async def test_a_broker_that_is_restarted(broker: Broker, blobs: Path, fan_out: FanOutKind) -> None:
    first, second = a_story()[:3], a_story()[3:]
    settings: dict[str, Any] = {"notifier_fanout": fan_out, "store_url": blobs.as_uri()}
    async with (
        running_notifier(broker.url, notifier_heartbeat_seconds=0.1, **settings) as url,
        listening(url) as stream,
    ):
        async with channel_to(broker.url) as channel:
            await publish(channel, *first)
        await stream.events(len(first))
        with broker.away():
            await stream.comment("broker is away")
        await answering(f"{url}/readyz")
        async with channel_to(broker.url) as channel:
            await publish(channel, *second)
        assert await stream.events(len(second)) == second


@FAN_OUTS
@pytest.mark.parametrize("ways", [BOTH_WAYS, Way.TO_BROKER], ids=["both ways", "to the broker"])
async def test_a_connection_that_falls_silent(
    broker_url: str, channel: AbstractChannel, blobs: Path, fan_out: FanOutKind, ways: Way
) -> None:
    """No reset, no end: the mark that does not come back tells, and new queues have new names."""
    first, second = a_story()[:3], a_story()[3:]
    settings: dict[str, Any] = {"notifier_fanout": fan_out, "store_url": blobs.as_uri()}
    async with (
        cuttable(broker_url) as (proxied, proxy),
        running_notifier(proxied, notifier_heartbeat_seconds=0.1, **settings) as url,
        listening(url) as stream,
    ):
        await publish(channel, *first)
        await stream.events(len(first))
        proxy.silence(ways)
        await publish(channel, *second)
        await stream.comment("broker is away")
        story = Story()
        while story.jobs.get(second[-1].subject) is None or second[-1].id not in story.heard:
            story.take(await stream.frame())
        assert {event.id for event in second} <= story.heard
        assert story.reasons == []


@FAN_OUTS
async def test_a_broker_whose_disk_is_full(broker: Broker, blobs: Path, fan_out: FanOutKind) -> None:
    """It takes no message, so not even the notifier's marks: nobody may believe that all is well."""
    story = a_story()
    settings: dict[str, Any] = {"notifier_fanout": fan_out, "store_url": blobs.as_uri()}
    async with (
        running_notifier(broker.url, notifier_heartbeat_seconds=0.1, **settings) as url,
        listening(url) as stream,
    ):
        await stream.snapshot()
        with broker.full_disk():
            await stream.comment("broker is away")
        await answering(f"{url}/readyz")
        async with channel_to(broker.url) as channel:
            await publish(channel, *story)
        heard = Story()
        while story[-1].id not in heard.heard:
            heard.take(await stream.frame())
        assert heard.missed(story) == []
        assert heard.reasons == []
