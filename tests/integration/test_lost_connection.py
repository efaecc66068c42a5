"""What the calls of aio-pika end with once their connection is lost: always with what its callers expect."""

from pathlib import Path

import aio_pika
import pytest
from aio_pika.abc import AbstractChannel

from contracts.broker import BROKER_ERRORS, broker_calls
from contracts.topology import job_queue
from processor.job_channel import JobDelivery
from tests.integration.test_processor import submit


async def test_a_delivery_is_settled_by_the_loss_of_its_connection(
    broker_url: str, blobs: Path, channel: AbstractChannel
) -> None:
    """Both were raised into the processor, and ended it: nobody took jobs any more."""
    await submit(channel, blobs, "count", b"x")
    async with await aio_pika.connect(broker_url) as connection, connection.channel() as lost:
        queue = await lost.get_queue(job_queue("count").name)
        message = await queue.get()
    delivery = JobDelivery(message)
    await delivery.ack()
    await delivery.give_back()
    again = await (await channel.get_queue(queue.name)).get()
    assert JobDelivery(again).is_redelivered


async def test_who_uses_a_lost_channel_hears_of_the_broker(broker_url: str) -> None:
    async with await aio_pika.connect(broker_url) as connection:
        async with connection.channel() as lost:
            exchange = lost.default_exchange
        calls = (
            lambda: exchange.publish(aio_pika.Message(b"x"), "nowhere"),
            lambda: lost.declare_queue("a queue"),
            lambda: lost.set_qos(prefetch_count=1),
        )
        for call in calls:
            with pytest.raises(BROKER_ERRORS):
                await call()


async def test_who_opens_a_channel_over_a_lost_connection_hears_of_the_broker(broker_url: str) -> None:
    async with await aio_pika.connect(broker_url) as connection:
        pass
    with pytest.raises(BROKER_ERRORS), broker_calls():
        await connection.channel()
