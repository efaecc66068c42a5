"""The broker's log of events, read as a program of one's own would."""

from contextlib import suppress
from uuid import uuid4

import aio_pika

from contracts.errors import UnreadableMessageError
from contracts.events import Event, decode_event
from contracts.topology import EVENT_LOG


async def read_log(amqp_url: str) -> list[Event]:
    """Every event up to now, from the first on. A mark says where now is; the notifiers' marks are passed over."""
    mark, log = f"tests' mark {uuid4()}".encode(), []
    async with await aio_pika.connect(amqp_url) as connection, connection.channel() as channel:
        await channel.set_qos(prefetch_count=100)
        await channel.default_exchange.publish(aio_pika.Message(mark), EVENT_LOG.name)
        queue = await channel.declare_queue(EVENT_LOG.name, passive=True)
        async with queue.iterator(arguments={"x-stream-offset": "first"}) as messages:
            async for message in messages:
                await message.ack()
                if message.body == mark:
                    break
                with suppress(UnreadableMessageError):
                    log.append(decode_event(message.body))
    return log
