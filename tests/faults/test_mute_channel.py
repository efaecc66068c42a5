"""The broker lets a channel hang: what is published there is never confirmed, while its connection is alive.

Pass rule: the processor speaks over another channel, and the job ends as its first attempt.
"""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import aio_pika
import pytest

from tests.faults.processes import Broker, Processors, a_broker
from tests.faults.test_queue_deleted import wake_up
from tests.integration.conftest import Listener
from tests.integration.test_processor import submit

# Erlang, for the broker: who publishes over a channel consumes nothing there.
HANG = """[sys:suspend(Channel) || Channel <- rabbit_channel:list_local(),
           rabbit_channel:info(Channel, [consumer_count]) =:= [{consumer_count, 0}]]."""


@pytest.fixture
def broker(rabbitmq: None, tmp_path: Path) -> Iterator[Broker]:
    with a_broker(tmp_path / "broker") as broker:
        yield broker


async def test_a_channel_that_confirms_no_more(broker: Broker, blobs: Path) -> None:
    processors = Processors(broker.url, blobs.as_uri())
    try:
        async with await aio_pika.connect(broker.url) as connection, connection.channel() as channel:
            events = await Listener.on(channel)
            await processors.start("naps")
            job_id = await submit(channel, blobs, "naps", b"x")
            await events.until("stage.started")
            await asyncio.to_thread(broker.control, "eval", HANG)
            wake_up(blobs, job_id)
            told = await events.until("job.completed", seconds=60)
    finally:
        processors.close()
    assert told[-1].data.attempt == 1
