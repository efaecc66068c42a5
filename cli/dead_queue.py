"""The queue `jobs.dead`, looked into without losing anything of it."""

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import aio_pika
from aio_pika.abc import AbstractChannel, AbstractConnection, AbstractIncomingMessage
from aio_pika.exceptions import ChannelNotFoundEntity, DeliveryError
from pydantic import SecretStr

from cli.amqp_url import parse_amqp_urls
from cli.broker_probe import Answers, Away, Refuses, ask_nodes
from cli.dead_letter import DeadLetter, read_letter
from cli.errors import CannotDoError
from contracts.broker import BROKER_ERRORS, connect, describe
from contracts.job import PIPELINE_NAME_PATTERN
from contracts.topology import DEAD_JOBS, job_queue

ANSWER_SECONDS = 10
# Brokers from 4.0 on drop a message that came back 20 times: one that was looked at so often is put in anew.
RENEW_AFTER = 10


@dataclass(frozen=True)
class Held:
    """A dead letter in hand. Unless it is taken out, it is back in the queue when the queue is closed."""

    letter: DeadLetter
    message: AbstractIncomingMessage

    async def take_out(self) -> None:
        await self.message.ack()


class DeadQueue:
    """An open `jobs.dead`. What is held nobody else sees meanwhile; others may add letters."""

    def __init__(self, connection: AbstractConnection, channel: AbstractChannel) -> None:
        self.channel = channel
        self._connection = connection

    async def is_offered(self, pipeline: str) -> bool:
        """Whether a processor has ever offered a pipeline. The broker closes the channel of who asks in vain."""
        if not re.fullmatch(PIPELINE_NAME_PATTERN, pipeline):
            return False
        try:
            async with asyncio.timeout(ANSWER_SECONDS), self._connection.channel() as channel:
                await channel.declare_queue(job_queue(pipeline).name, passive=True)
        except ChannelNotFoundEntity:
            return False
        return True

    async def letters(self, limit: int) -> AsyncIterator[Held]:
        """Those that are there now, the oldest first, at most `limit`. One body at a time is in memory."""
        try:
            queue = await self.channel.declare_queue(DEAD_JOBS.name, passive=True)
        except ChannelNotFoundEntity:  # no processor has ever been here
            return
        count = queue.declaration_result.message_count or 0
        has_room = count < int(DEAD_JOBS.arguments["x-max-length"])
        for _ in range(min(limit, count)):
            async with asyncio.timeout(ANSWER_SECONDS):
                message = await queue.get(fail=False)
            if message is None:
                return
            yield Held(read_letter(message.body, message.headers, message.timestamp), message)
            if has_room and not message.processed:
                await self._renew(message)

    async def _renew(self, message: AbstractIncomingMessage) -> None:
        """Put a copy in, and take the original out; a crash in between leaves both."""
        returns = message.headers.get("x-delivery-count", 0)
        if not isinstance(returns, int) or returns < RENEW_AFTER:
            return
        headers = {name: value for name, value in message.headers.items() if name != "x-delivery-count"}
        copy = aio_pika.Message(
            message.body,
            headers=headers,
            message_id=message.message_id,
            timestamp=message.timestamp,
            delivery_mode=aio_pika.DeliveryMode.PERSISTENT,
        )
        async with asyncio.timeout(ANSWER_SECONDS):
            await self.channel.default_exchange.publish(copy, DEAD_JOBS.name, mandatory=True)
            await message.ack()


@asynccontextmanager
async def dead_queue(url: SecretStr) -> AsyncIterator[DeadQueue]:
    """Open it. At the end of the block every letter that was not taken out is in it again.

    Raises:
        CannotDoError: the broker does not answer, refuses us, or is lost on the way.
    """
    connection = await _connected(url)
    try:
        async with connection:
            yield DeadQueue(connection, await connection.channel(on_return_raises=True))
    except DeliveryError as error:
        raise CannotDoError(f"the broker did not take a message: {describe(error)}") from error
    except BROKER_ERRORS as error:
        raise CannotDoError(f"the broker was lost on the way, and put back what was not settled: {error}") from error


async def _connected(url: SecretStr) -> AbstractConnection:
    place, answer = await ask_nodes(parse_amqp_urls(url.get_secret_value()))
    match answer:
        case Away(reason):
            raise CannotDoError(f"no broker answers at {place.place} ({reason}): see STAGECAST_AMQP_URL")
        case Refuses(reason):
            raise CannotDoError(f"{reason} ({place.place}): see STAGECAST_AMQP_URL")
        case Answers():
            return await connect(url, name="dead letters")
