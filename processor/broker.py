"""The processor's side of the broker: jobs in on one connection, events out on another."""

import asyncio
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import aio_pika
import structlog
from aio_pika.abc import AbstractChannel, AbstractConnection, AbstractIncomingMessage, AbstractQueue
from pydantic import SecretStr

from contracts.broker import BROKER_ERRORS, describe, keep_connected, pause_after
from contracts.events import Event, encode
from contracts.job import JobRequest
from contracts.topology import (
    DEAD_JOBS,
    EVENT_TOPOLOGY,
    EVENTS,
    JOBS,
    Queue,
    declare,
    event_key,
    job_queue,
    retry_queue,
)
from processor.worker import Workers

ANSWER_SECONDS = 10.0
PERSISTENT = aio_pika.DeliveryMode.PERSISTENT

log: structlog.stdlib.BoundLogger = structlog.get_logger()


@dataclass(frozen=True)
class JobDelivery:
    """A message from a job queue."""

    message: AbstractIncomingMessage

    @property
    def body(self) -> bytes:
        return self.message.body

    @property
    def returns(self) -> int:
        """Quorum queues count it (https://www.rabbitmq.com/docs/quorum-queues#poison-message-handling)."""
        count = self.message.headers.get("x-delivery-count", 0)
        return count if isinstance(count, int) else 0

    async def ack(self) -> None:
        await self.message.ack()

    async def give_back(self) -> None:
        with suppress(*BROKER_ERRORS):  # a lost connection has given it back already
            await self.message.nack(requeue=True)


class JobQueues:
    """Takes jobs, as many as there are workers. A lost connection ends what runs: the broker gives it to others."""

    def __init__(self, url: SecretStr, pipelines: Iterable[str], workers: Workers) -> None:
        self._url = url
        self._queues = tuple(job_queue(pipeline) for pipeline in pipelines)
        self._workers = workers
        self._consumers: list[tuple[AbstractQueue, str]] = []

    async def run(self) -> None:
        """Consume; never returns. What is still at work when it is cancelled goes back with the connection."""
        await keep_connected(self._url, self._consume, name="processor jobs")

    async def stop_taking(self) -> None:
        """Take no more jobs; go on with those in hand."""
        consumers, self._consumers = self._consumers, []
        with suppress(*BROKER_ERRORS):
            async with asyncio.timeout(ANSWER_SECONDS):
                for queue, tag in consumers:
                    await queue.cancel(tag)

    def fault(self) -> str | None:
        """What keeps this service from working, for `/readyz`."""
        return None if self._consumers else "not consuming jobs"

    async def _consume(self, connection: AbstractConnection) -> None:
        channel = await connection.channel()
        await channel.set_qos(prefetch_count=self._workers.concurrency)
        await declare(channel, JOBS, *EVENT_TOPOLOGY, DEAD_JOBS, *self._queues)
        async with asyncio.TaskGroup() as tasks:

            async def begin(message: AbstractIncomingMessage) -> None:
                tasks.create_task(self._workers.work(JobDelivery(message)))

            try:
                for queue in self._queues:
                    source = await channel.get_queue(queue.name, ensure=False)
                    self._consumers.append((source, await source.consume(begin)))
                await asyncio.Event().wait()
            finally:
                self._consumers.clear()


class Announcements:
    """Publishes until it is confirmed. The message's id is fixed before the first try, so a repeat is known as one."""

    def __init__(self, url: SecretStr) -> None:
        self._url = url
        self._connection: AbstractConnection | None = None
        self._connected = asyncio.Event()
        self._channel: AbstractChannel | None = None
        self._opening = asyncio.Lock()

    async def run(self) -> None:
        """Keep connected; never returns."""
        await keep_connected(self._url, self._use, name="processor events")

    def fault(self) -> str | None:
        """What keeps this service from working, for `/readyz`."""
        return None if self._connected.is_set() else "not connected to the broker for events"

    async def publish(self, event: Event) -> None:
        message = aio_pika.Message(encode(event), message_id=event.id, content_type="application/cloudevents+json")
        await self._until_confirmed(EVENTS.name, message, event_key(event))

    async def retry_later(self, request: JobRequest, after: timedelta) -> None:
        queue = retry_queue(request.job.pipeline, after)
        message = aio_pika.Message(encode(request), message_id=request.job.id, delivery_mode=PERSISTENT)
        await self._until_confirmed("", message, queue.name, queue)

    async def bury(self, body: bytes, reason: str) -> None:
        message = aio_pika.Message(
            body, headers={"x-reason": reason[:1000]}, timestamp=datetime.now(UTC), delivery_mode=PERSISTENT
        )
        await self._until_confirmed("", message, DEAD_JOBS.name, DEAD_JOBS)

    async def _use(self, connection: AbstractConnection) -> None:
        self._connection = connection
        self._connected.set()
        try:
            await asyncio.Event().wait()
        finally:
            self._connected.clear()
            self._connection = self._channel = None

    async def _until_confirmed(
        self, exchange: str, message: aio_pika.Message, routing_key: str, queue: Queue | None = None
    ) -> None:
        """Bounded by its caller: an attempt is cancelled when its own connection is lost."""
        failures = 0
        while True:
            await self._connected.wait()
            try:
                async with asyncio.timeout(ANSWER_SECONDS):
                    await self._publish_once(exchange, message, routing_key, queue)
                    return
            except BROKER_ERRORS as error:
                failures += 1
                log.warning("publish.repeated", failures=failures, reason=describe(error))
            await asyncio.sleep(pause_after(failures))

    async def _publish_once(
        self, exchange: str, message: aio_pika.Message, routing_key: str, queue: Queue | None
    ) -> None:
        channel = await self._open_channel()
        if queue is not None:
            await declare(channel, queue)
        target = await channel.get_exchange(exchange, ensure=False) if exchange else channel.default_exchange
        await target.publish(message, routing_key, mandatory=queue is not None)

    async def _open_channel(self) -> AbstractChannel:
        async with self._opening:
            if self._connection is None:
                raise ConnectionError("not connected")
            if self._channel is None or self._channel.is_closed:
                self._channel = await self._connection.channel(on_return_raises=True)
            return self._channel
