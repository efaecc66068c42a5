"""Messages that leave together, at a real broker."""

import asyncio
from typing import cast

import aio_pika
import pytest
from aio_pika.abc import AbstractChannel, AbstractQueue
from aiormq.channel import Channel
from pamqp.commands import Basic

from contracts.broker import BROKER_ERRORS
from processor.batch import Batch

EXCHANGE = "tests.batch"


@pytest.fixture
async def copies(channel: AbstractChannel) -> AbstractQueue:
    exchange = await channel.declare_exchange(EXCHANGE, "topic", auto_delete=True)
    queue = await channel.declare_queue(exclusive=True)
    await queue.bind(exchange, "to.*")
    return queue


async def underlay(channel: AbstractChannel) -> Channel:
    return cast("Channel", await channel.get_underlay_channel())


def a_batch(*bodies: bytes, exchange: str = EXCHANGE) -> Batch:
    messages = [(body, Basic.Properties(message_id=str(number))) for number, body in enumerate(bodies)]
    return Batch(exchange, "to.all", messages)


async def test_messages_come_whole_and_in_order_whatever_their_length(
    channel: AbstractChannel, copies: AbstractQueue
) -> None:
    inside = await underlay(channel)
    most = inside.max_content_size
    bodies = [b"", b"a", b"b" * most, b"c" * (most + 1), b"d" * (3 * most), b"e"]
    await a_batch(*bodies).publish(inside)
    came = [await copies.get(no_ack=True) for _ in bodies]
    assert [message.body for message in came] == bodies
    assert [message.message_id for message in came] == [str(number) for number in range(len(bodies))]
    assert {message.routing_key for message in came} == {"to.all"}


async def test_all_are_there_once_it_returns_whoever_else_publishes_on_the_channel(
    channel: AbstractChannel, copies: AbstractQueue
) -> None:
    inside = await underlay(channel)
    batches = [a_batch(*[f"{each}-{number}".encode() for number in range(20)]) for each in range(5)]
    exchange = await channel.get_exchange(EXCHANGE)
    others = [exchange.publish(aio_pika.Message(b"other"), "to.one") for _ in range(5)]
    await asyncio.gather(*(batch.publish(inside) for batch in batches), *others)
    answer = await channel.declare_queue(copies.name, passive=True)
    assert answer.declaration_result.message_count == 105


async def test_a_batch_that_the_broker_does_not_take_is_an_error_of_the_broker(broker_url: str) -> None:
    async with await aio_pika.connect(broker_url) as connection:
        channel = await connection.channel()
        with pytest.raises(BROKER_ERRORS):
            await a_batch(b"x", b"y", exchange="tests.no-such-exchange").publish(await underlay(channel))
        with pytest.raises(BROKER_ERRORS):
            await a_batch(b"x").publish(await underlay(channel))
