"""The processor's side of the broker: jobs in on one connection, events out on another."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping
from contextlib import nullcontext, suppress
from datetime import UTC, datetime, timedelta
from typing import cast

import aio_pika
import structlog
from aio_pika.abc import AbstractChannel, AbstractConnection, AbstractIncomingMessage
from aiormq.channel import Channel
from pamqp.commands import Basic
from pydantic import SecretStr

from contracts.acknowledgement import announced_limit
from contracts.broker import BROKER_ERRORS, broker_calls, describe, is_told, keep_connected, pause_after
from contracts.control import decode_command
from contracts.errors import UnreadableMessageError
from contracts.events import Event, StageProgressed, encode
from contracts.job import JobRequest
from contracts.topology import (
    CONTROL,
    CONTROL_QUEUE_ARGUMENTS,
    DEAD_JOBS,
    EVENTS,
    Queue,
    declare,
    event_key,
    job_queue,
    retry_queue,
)
from contracts.traces import carried, from_message, sending
from processor.acknowledgement import concern, protested_limit
from processor.batch import Batch
from processor.figures import Figures
from processor.intake import Intake
from processor.job_channel import ANSWER_SECONDS, JobChannel, JobDelivery
from processor.pipeline import Pipeline
from processor.stops import Stops
from processor.tracer import TRACER
from processor.workers import Workers

SETUP_SECONDS = 30.0  # a broker that has just started may take a while for each queue
PERSISTENT = aio_pika.DeliveryMode.PERSISTENT

Publish = Callable[[AbstractChannel], Awaitable[None]]

log: structlog.stdlib.BoundLogger = structlog.get_logger()


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
        self._intake: Intake[JobDelivery] | None = None
        self._protested: timedelta | None = None
        self._concern: str | None = None

    async def run(self) -> None:
        """Consume; never returns. What is still at work when it is cancelled goes back with the connection."""
        await keep_connected(self._url, self._consume, name="processor jobs", link=self._workers.figures)

    async def stop_taking(self) -> None:
        """Take no more jobs; go on with those in hand."""
        intake, self._intake = self._intake, None
        if intake is not None:
            with suppress(*BROKER_ERRORS):
                async with asyncio.timeout(ANSWER_SECONDS):
                    await intake.stop()

    def fault(self) -> str | None:
        """What keeps this service from working, for `/readyz`."""
        return None if self._intake is not None else "not consuming jobs"

    def concern(self) -> str | None:
        """Whether the broker may take long jobs away, for `/readyz`."""
        return self._concern

    async def _consume(self, connection: AbstractConnection) -> None:
        self._look_ahead(connection)
        room = self._workers.concurrency
        with broker_calls():
            async with asyncio.timeout(SETUP_SECONDS):
                control = await self._obey(connection)
                source = await JobChannel.open(connection, self._queues, prefetch=room)
        async with asyncio.TaskGroup() as tasks:

            def begin(delivery: JobDelivery) -> asyncio.Task[None]:
                with from_message(delivery.message.headers):
                    return tasks.create_task(self._workers.work(delivery))

            intake = Intake(source, begin, room=room if len(self._queues) > 1 else None)
            source.arrive = intake.arrive
            try:
                async with asyncio.timeout(SETUP_SECONDS):
                    await intake.listen()
                self._intake = intake
                tasks.create_task(self._until_closed(control))
                tasks.create_task(self._until_closed(source.channel))
                tasks.create_task(intake.run())
                while True:
                    await source.until_deleted()
                    await intake.listen()
            finally:
                self._intake = None

    def _look_ahead(self, connection: AbstractConnection) -> None:
        """What the broker grants a job; once it has taken one away, what it granted that one."""
        transport = connection.transport
        announced = announced_limit(transport.connection.server_properties) if transport is not None else None
        told, self._concern = self._concern, concern(self._protested or announced, self._pipelines)
        if self._concern is not None and self._concern != told:
            log.warning("broker.takes_jobs_away", reason=self._concern)

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

    def __init__(self, url: SecretStr, figures: Figures) -> None:
        self._url = url
        self._figures = figures
        self._connection: AbstractConnection | None = None
        self._connected = asyncio.Event()
        self._channel: AbstractChannel | None = None
        self._opening = asyncio.Lock()

    async def run(self) -> None:
        """Keep connected; never returns."""
        await keep_connected(self._url, self._use, name="processor events", link=self._figures)

    def fault(self) -> str | None:
        """What keeps this service from working, for `/readyz`."""
        return None if self._connected.is_set() else "not connected to the broker for events"

    async def publish(self, *events: Event) -> None:
        """All are on their way at once, in order. Is one not confirmed, all go again, so that the last word is last."""
        types = [event.type for event in events if not isinstance(event, StageProgressed)]
        # Of progress there is too much for a span each.
        with sending(TRACER, "announce", event_types=types) if types else nullcontext(carried()) as headers:
            messages = [(encode(event), _properties(event, headers)) for event in events]
            batch = Batch(EVENTS.name, event_key(events[0]), messages)
            await self._until_confirmed(lambda channel: _publish(channel, batch))
        for event in events:
            self._figures.told(event)

    async def submit(self, request: JobRequest) -> None:
        await self._send(request, job_queue(request.job.pipeline))

    async def retry_later(self, request: JobRequest, after: timedelta) -> None:
        await self._send(request, retry_queue(request.job.pipeline, after))

    async def bury(self, body: bytes, reason: str) -> None:
        message = aio_pika.Message(
            body, headers={"x-reason": reason[:1000]}, timestamp=datetime.now(UTC), delivery_mode=PERSISTENT
        )
        await self._until_confirmed(lambda channel: _put(channel, message, DEAD_JOBS))
        self._figures.buried()

    async def _use(self, connection: AbstractConnection) -> None:
        self._connection = connection
        self._connected.set()
        try:
            await asyncio.Event().wait()
        finally:
            self._connected.clear()
            self._connection = self._channel = None

    async def _send(self, request: JobRequest, queue: Queue) -> None:
        message = aio_pika.Message(
            encode(request), message_id=request.job.id, delivery_mode=PERSISTENT, headers=dict(carried())
        )
        await self._until_confirmed(lambda channel: _put(channel, message, queue))

    async def _until_confirmed(self, publish: Publish) -> None:
        """Bounded by its caller: an attempt is cancelled when its own connection is lost."""
        with self._figures.publishing():
            await self._keep_publishing(publish)

    async def _keep_publishing(self, publish: Publish) -> None:
        failures = 0
        while True:
            await self._connected.wait()
            try:
                with broker_calls():
                    await self._publish_once(publish)
                    return
            except BROKER_ERRORS as error:
                failures += 1
                self._figures.repeated()
                if is_told(failures):
                    log.warning("publish.repeated", failures=failures, reason=describe(error))
            await asyncio.sleep(pause_after(failures))

    async def _publish_once(self, publish: Publish) -> None:
        async with asyncio.timeout(ANSWER_SECONDS):
            channel = await self._open_channel()
        try:
            async with asyncio.timeout(ANSWER_SECONDS):
                await publish(channel)
        except TimeoutError:
            self._leave(channel)
            raise

    def _leave(self, channel: AbstractChannel) -> None:
        """Use it no more: it may never confirm. It stays open, since closing it needs the broker's answer too."""
        if self._channel is channel:
            self._channel = None

    async def _open_channel(self) -> AbstractChannel:
        async with self._opening:
            if self._connection is None:
                raise ConnectionError("not connected")
            if self._channel is None or self._channel.is_closed:
                self._channel = await self._connection.channel(on_return_raises=True)
            return self._channel


def _properties(event: Event, headers: Mapping[str, str]) -> Basic.Properties:
    kind = "application/cloudevents+json"
    return Basic.Properties(message_id=event.id, content_type=kind, delivery_mode=1, headers=dict(headers))


async def _put(channel: AbstractChannel, message: aio_pika.Message, queue: Queue) -> None:
    await declare(channel, queue)
    await channel.default_exchange.publish(message, queue.name, mandatory=True)


async def _publish(channel: AbstractChannel, batch: Batch) -> None:
    await batch.publish(cast("Channel", await channel.get_underlay_channel()))
