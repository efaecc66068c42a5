"""The channel over which jobs come: sent by the broker, or fetched."""

import asyncio
import itertools
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from typing import Self

import structlog
from aio_pika.abc import AbstractChannel, AbstractConnection, AbstractIncomingMessage, AbstractQueue
from aio_pika.exceptions import ChannelNotFoundEntity
from pamqp.commands import Basic

from contracts.broker import BROKER_ERRORS
from contracts.topology import DEAD_JOBS, EVENT_TOPOLOGY, JOBS, Queue, declare, declare_queue

ANSWER_SECONDS = 10.0
FORGET_SECONDS = 5.0  # so long a broker may take to forget a queue that was deleted; or it was made anew already
LOOK_SECONDS = 0.1

log: structlog.stdlib.BoundLogger = structlog.get_logger()


@dataclass(frozen=True)
class JobDelivery:
    """A message from a job queue."""

    message: AbstractIncomingMessage

    @property
    def body(self) -> bytes:
        return self.message.body

    @property
    def is_redelivered(self) -> bool:
        return bool(self.message.redelivered) or self.returns > 0

    @property
    def returns(self) -> int:
        """Quorum queues count it (https://www.rabbitmq.com/docs/quorum-queues#poison-message-handling)."""
        count = self.message.headers.get("x-delivery-count", 0)
        return count if isinstance(count, int) else 0

    async def ack(self) -> None:
        with suppress(*BROKER_ERRORS):  # a lost connection has given it back: who gets it finds its outcome
            await self.message.ack()

    async def give_back(self) -> None:
        with suppress(*BROKER_ERRORS):  # a lost connection has given it back already
            await self.message.nack(requeue=True)


class JobChannel:
    """Takes from some job queues."""

    def __init__(self, connection: AbstractConnection, channel: AbstractChannel, queues: Iterable[Queue]) -> None:
        self.channel = channel
        self._connection = connection
        self._queues = tuple(queues)
        self._turns = itertools.cycle(self._queues)
        self._consumers: dict[str, AbstractQueue] = {}
        self._has_lost = asyncio.Event()
        self.arrive: Callable[[JobDelivery], None] = lambda _: None

    @classmethod
    async def open(cls, connection: AbstractConnection, queues: Iterable[Queue], *, prefetch: int) -> Self:
        channel = await connection.channel()
        await channel.set_qos(prefetch_count=prefetch)
        await declare(channel, JOBS, *EVENT_TOPOLOGY, DEAD_JOBS)
        opened = cls(connection, channel, queues)
        (await channel.get_underlay_channel()).on_consumer_cancel_callbacks.add(opened._lose)
        return opened

    async def listen(self) -> None:
        """Have jobs of all queues sent to `arrive`, up to the prefetch from each."""
        listened = {source.name for source in self._consumers.values()}
        for queue in self._queues:
            if queue.name not in listened:
                await declare(self.channel, queue)
                source = await self.channel.get_queue(queue.name, ensure=False)
                self._consumers[await source.consume(self._receive)] = source

    async def leave(self) -> None:
        """Have no more sent. What was sent and is not settled stays ours."""
        while self._consumers:
            tag, source = self._consumers.popitem()
            await source.cancel(tag)

    async def fetch(self) -> JobDelivery | None:
        """A job that waits, each queue in its turn; None when all are empty."""
        for _ in self._queues:
            queue = next(self._turns)
            # Asking a queue that somebody deleted would cost the channel, so it is declared first.
            source = await declare_queue(self.channel, queue)
            if not source.declaration_result.message_count:
                await source.bind(JOBS.name, queue.routing_key)  # it may be new
            elif (message := await source.get(fail=False, timeout=ANSWER_SECONDS)) is not None:
                return JobDelivery(message)
        return None

    async def until_deleted(self) -> None:
        """Until somebody deleted a queue that was listened to. What waited in it is lost, what runs goes on.

        RabbitMQ 4 says so before the queue is gone: to declare it then finds the old one, and to consume from that
        costs the channel. So a channel of its own asks.
        """
        await self._has_lost.wait()
        self._has_lost.clear()
        listened = {source.name for source in self._consumers.values()}
        with suppress(TimeoutError):
            async with asyncio.timeout(FORGET_SECONDS):
                for queue in self._queues:
                    if queue.name not in listened:
                        await self._until_forgotten(queue)

    async def _until_forgotten(self, queue: Queue) -> None:
        while True:
            if not await self._is_there(queue):
                return
            await asyncio.sleep(LOOK_SECONDS)

    async def _is_there(self, queue: Queue) -> bool:
        try:
            async with self._connection.channel() as asking:
                await asking.declare_queue(queue.name, passive=True)
        except ChannelNotFoundEntity:
            return False
        return True

    async def _receive(self, message: AbstractIncomingMessage) -> None:
        self.arrive(JobDelivery(message))

    def _lose(self, cancel: Basic.Cancel) -> None:
        lost = self._consumers.pop(cancel.consumer_tag or "", None)
        log.warning("queue.deleted", queue=lost.name if lost is not None else "")
        self._has_lost.set()
