"""The processor's side of the broker: jobs in on one connection, events out on another."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import aio_pika
import structlog
from aio_pika.abc import AbstractChannel, AbstractConnection, AbstractIncomingMessage, AbstractQueue
from pydantic import SecretStr

from contracts.acknowledgement import announced_limit
from contracts.broker import BROKER_ERRORS, describe, keep_connected, pause_after
from contracts.control import decode_command
from contracts.errors import UnreadableMessageError
from contracts.events import Event, encode
from contracts.job import JobRequest
from contracts.topology import (
    CONTROL,
    CONTROL_QUEUE_ARGUMENTS,
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
from processor.acknowledgement import concern, protested_limit
from processor.pipeline import Pipeline
from processor.stops import Stops
from processor.workers import Workers

ANSWER_SECONDS = 10.0
PERSISTENT = aio_pika.DeliveryMode.PERSISTENT

Begin = Callable[[AbstractIncomingMessage], Awaitable[None]]

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
        await self.message.ack()

    async def give_back(self) -> None:
        with suppress(*BROKER_ERRORS):  # a lost connection has given it back already
            await self.message.nack(requeue=True)


class JobQueues:
    """Takes jobs, as many as there are workers, and the commands that end them.

    Both come over one connection: who loses the commands loses the jobs too, and the broker gives them to others.
    """

    def __init__(self, url: SecretStr, pipelines: Iterable[Pipeline], workers: Workers, stops: Stops) -> None:
        self._url = url
        self._pipelines = tuple(pipelines)
        self._queues = tuple(job_queue(pipeline.name) for pipeline in self._pipelines)
        self._workers = workers
        self._stops = stops
        self._consumers: dict[str, AbstractQueue] = {}
        self._protested: timedelta | None = None
        self._concern: str | None = None

    async def run(self) -> None:
        """Consume; never returns. What is still at work when it is cancelled goes back with the connection."""
        await keep_connected(self._url, self._consume, name="processor jobs")

    async def stop_taking(self) -> None:
        """Take no more jobs; go on with those in hand."""
        consumers, self._consumers = self._consumers, {}
        with suppress(*BROKER_ERRORS):
            async with asyncio.timeout(ANSWER_SECONDS):
                for tag, queue in consumers.items():
                    await queue.cancel(tag)

    def fault(self) -> str | None:
        """What keeps this service from working, for `/readyz`."""
        return None if self._consumers else "not consuming jobs"

    def concern(self) -> str | None:
        """Whether the broker may take long jobs away, for `/readyz`."""
        return self._concern

    async def _consume(self, connection: AbstractConnection) -> None:
        self._look_ahead(connection)
        control = await self._obey(connection)
        channel = await connection.channel()
        await channel.set_qos(prefetch_count=self._workers.concurrency)
        await declare(channel, JOBS, *EVENT_TOPOLOGY, DEAD_JOBS)
        ended: asyncio.Queue[str] = asyncio.Queue()
        (await channel.get_underlay_channel()).on_consumer_cancel_callbacks.add(
            lambda cancel: ended.put_nowait(cancel.consumer_tag or "")
        )
        async with asyncio.TaskGroup() as tasks:

            async def begin(message: AbstractIncomingMessage) -> None:
                tasks.create_task(self._workers.work(JobDelivery(message)))

            try:
                for queue in self._queues:
                    await self._take_from(channel, queue, begin)
                tasks.create_task(self._until_closed(control))
                tasks.create_task(self._until_closed(channel))
                while True:
                    lost = self._consumers.pop(await ended.get(), None)
                    await self._renew(channel, lost, begin)
            finally:
                self._consumers.clear()

    def _look_ahead(self, connection: AbstractConnection) -> None:
        """What the broker grants a job; once it has taken one away, what it granted that one."""
        transport = connection.transport
        announced = announced_limit(transport.connection.server_properties) if transport is not None else None
        told, self._concern = self._concern, concern(self._protested or announced, self._pipelines)
        if self._concern is not None and self._concern != told:
            log.warning("broker.takes_jobs_away", reason=self._concern)

    async def _take_from(self, channel: AbstractChannel, queue: Queue, begin: Begin) -> None:
        await declare(channel, queue)
        source = await channel.get_queue(queue.name, ensure=False)
        self._consumers[await source.consume(begin)] = source

    async def _renew(self, channel: AbstractChannel, lost: AbstractQueue | None, begin: Begin) -> None:
        """Somebody deleted a queue: make it again. What waited in it is lost, what runs goes on."""
        for queue in self._queues:
            if lost is not None and queue.name == lost.name:
                log.warning("queue.deleted", queue=queue.name)
                await self._take_from(channel, queue, begin)

    async def _obey(self, connection: AbstractConnection) -> AbstractChannel:
        """Hear commands from now on; jobs are taken only then, so that none is missed."""
        channel = await connection.channel()
        # Without its queue it is deaf: then it is closed, and with it all that runs is begun anew.
        (await channel.get_underlay_channel()).on_consumer_cancel_callbacks.add(lambda _: channel.close())
        await declare(channel, CONTROL)
        queue = await channel.declare_queue(exclusive=True, auto_delete=True, arguments=dict(CONTROL_QUEUE_ARGUMENTS))
        await queue.bind(CONTROL.name)

        async def obey(message: AbstractIncomingMessage) -> None:
            try:
                self._stops.cancel(decode_command(message.body).job_id)
            except UnreadableMessageError as error:
                log.warning("command.unreadable", reason=str(error))

        await queue.consume(obey, no_ack=True)
        return channel

    async def _until_closed(self, channel: AbstractChannel) -> None:
        """Raises when the broker closes the channel, as it does when a job is not acknowledged in its time."""
        closed: asyncio.Future[BaseException | None] = asyncio.get_running_loop().create_future()

        def settle(_: object, error: BaseException | None = None) -> None:
            if not closed.done():
                closed.set_result(error)

        channel.close_callbacks.add(settle)
        error = await closed
        if error is not None:
            self._protested = protested_limit(error) or self._protested
        raise ConnectionError(f"the broker closed the channel: {describe(error) if error is not None else 'no reason'}")


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

    async def submit(self, request: JobRequest) -> None:
        queue = job_queue(request.job.pipeline)
        message = aio_pika.Message(encode(request), message_id=request.job.id, delivery_mode=PERSISTENT)
        await self._until_confirmed("", message, queue.name, queue)

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
