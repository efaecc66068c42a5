"""The gateway's side of the broker: jobs and commands out, confirmed; their events out to everyone."""

import asyncio
import re
from contextlib import nullcontext
from typing import Any, Literal

import aio_pika
import structlog
from aio_pika.abc import AbstractChannel, AbstractConnection
from aio_pika.exceptions import ChannelNotFoundEntity, PublishError
from pydantic import SecretStr

from contracts.broker import BROKER_ERRORS, broker_calls, describe, keep_connected
from contracts.control import Cancel
from contracts.events import Event, UploadProgressed, encode
from contracts.job import PIPELINE_NAME_PATTERN, JobRequest
from contracts.topology import CONTROL, EVENT_TOPOLOGY, EVENTS, JOBS, declare, event_key, job_queue
from contracts.traces import carried, sending
from gateway.errors import NotReadyError, UnknownPipelineError
from gateway.figures import Figures
from gateway.observed import TRACER

ANSWER_SECONDS = 5.0  # during a broker's disk alarm, publishing and even opening a channel hang

log: structlog.stdlib.BoundLogger = structlog.get_logger()


class Broker:
    """Publishes while there is a connection, refuses at once while there is none."""

    def __init__(self, url: SecretStr, figures: Figures) -> None:
        self._url = url
        self._figures = figures
        self._connection: AbstractConnection | None = None
        self._channel: AbstractChannel | None = None
        self._opening = asyncio.Lock()

    async def run(self) -> None:
        """Keep connected; never returns."""
        await keep_connected(self._url, self._use, name="gateway", link=self._figures)

    def fault(self) -> str | None:
        """What keeps this service from working, for `/readyz`."""
        return None if self._connection else "not connected to the broker"

    async def require(self, pipeline: str) -> None:
        """Ask the broker for the pipeline's queue.

        Raises:
            UnknownPipelineError: no processor has ever offered that pipeline.
            NotReadyError: none has offered any, or the broker doesn't answer.
        """
        if not re.fullmatch(PIPELINE_NAME_PATTERN, pipeline):
            raise UnknownPipelineError(f"{pipeline[:100]!r} is no pipeline's name: use a-z, 0-9, _ and -")
        if await self._exists("queue", job_queue(pipeline).name):
            return
        if await self._exists("exchange", JOBS.name):
            raise UnknownPipelineError(f"no processor offers the pipeline {pipeline!r}")
        raise NotReadyError("no processor has connected to the broker yet: start one, or try again in a moment")

    async def submit(self, request: JobRequest) -> None:
        """Publish a job, mandatory and confirmed.

        Raises:
            UnknownPipelineError: it could not be routed.
            NotReadyError: the broker did not confirm in time. It may still have the job: its file must go.
        """
        message = aio_pika.Message(
            encode(request),
            message_id=request.job.id,
            content_type="application/json",
            delivery_mode=aio_pika.DeliveryMode.PERSISTENT,
        )
        try:
            await self._publish(JOBS.name, message, routing_key=request.job.pipeline, mandatory=True)
        except (PublishError, ChannelNotFoundEntity) as error:
            raise UnknownPipelineError(f"no processor offers the pipeline {request.job.pipeline!r}") from error
        except BROKER_ERRORS as error:
            raise _unavailable(error) from error
        self._figures.submitted(request.job)

    async def announce(self, event: Event) -> None:
        """Publish an event. A broker that goes away just now costs the `queued` line, never the job."""
        try:
            await self._publish_event(event)
        except BROKER_ERRORS as error:
            log.warning("event.unsent", job_id=event.subject, type=event.type, reason=describe(error))

    async def tell(self, event: Event) -> None:
        """Publish an event, confirmed.

        Raises:
            NotReadyError: the broker did not confirm in time.
        """
        try:
            await self._publish_event(event)
        except BROKER_ERRORS as error:
            raise _unavailable(error) from error

    async def command(self, cancel: Cancel) -> None:
        """Publish a command to all processors, confirmed; raises as `tell`."""
        message = aio_pika.Message(encode(cancel), content_type="application/json")
        try:
            await self._publish(CONTROL.name, message, routing_key="", mandatory=False)
        except BROKER_ERRORS as error:
            raise _unavailable(error) from error

    async def _publish_event(self, event: Event) -> None:
        message = aio_pika.Message(encode(event), message_id=event.id, content_type="application/cloudevents+json")
        # Of progress there is too much for a span each.
        span = None if isinstance(event, UploadProgressed) else "announce"
        await self._publish(EVENTS.name, message, span=span, routing_key=event_key(event), mandatory=False)

    async def _use(self, connection: AbstractConnection) -> None:
        with broker_calls():
            async with asyncio.timeout(ANSWER_SECONDS), connection.channel() as channel:
                await declare(channel, *EVENT_TOPOLOGY, CONTROL)
        self._connection = connection
        try:
            await asyncio.Event().wait()
        finally:
            self._connection = self._channel = None

    async def _publish(
        self, exchange: str, message: aio_pika.Message, *, span: str | None = "publish", **options: Any
    ) -> None:
        told = nullcontext(carried()) if span is None else sending(TRACER, span, exchange=exchange)
        with broker_calls(), self._figures.publishing(exchange), told as headers:
            message.headers.update(headers)
            channel = await self._open_channel()
            target = await channel.get_exchange(exchange, ensure=False)
            await target.publish(message, timeout=ANSWER_SECONDS, **options)

    async def _exists(self, kind: Literal["queue", "exchange"], name: str) -> bool:
        """Declare passively, on a channel of its own: the broker closes it when there is no such thing."""
        try:
            with broker_calls():
                async with asyncio.timeout(ANSWER_SECONDS), self._connected().channel() as channel:
                    if kind == "queue":
                        await channel.declare_queue(name, passive=True)
                    else:
                        await channel.declare_exchange(name, passive=True)
        except ChannelNotFoundEntity:
            return False
        except BROKER_ERRORS as error:
            raise _unavailable(error) from error
        return True

    async def _open_channel(self) -> AbstractChannel:
        """The channel that all publishes share; a new one after the broker closed it."""
        async with asyncio.timeout(ANSWER_SECONDS), self._opening:
            if self._channel is None or self._channel.is_closed:
                self._channel = await self._connected().channel(on_return_raises=True)
            return self._channel

    def _connected(self) -> AbstractConnection:
        if self._connection is None or self._connection.is_closed:
            raise ConnectionError("not connected")
        return self._connection


def _unavailable(error: BaseException) -> NotReadyError:
    log.warning("broker.unavailable", reason=describe(error))
    return NotReadyError("the message broker does not answer at the moment: try again shortly")
