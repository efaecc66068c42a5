"""A connection to the broker for the read side (AMQP 0-9-1): it consumes queues and streams, and can leave a mark.

aio-pika serves everything else in this project. Here is the fan-out: a delivery for each client of each event.
aiormq decodes every field of its three frames and starts a task for it; to do just what a notifier needs takes
a third of the time, and the hundredth client hears of an event that much sooner (docs/adr/0009).
"""

import asyncio
import ssl
from collections import deque
from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from itertools import count
from urllib.parse import unquote, urlsplit

import pamqp.frame
from pamqp import commands
from pamqp.base import Frame
from pamqp.body import ContentBody
from pamqp.header import ContentHeader, ProtocolHeader
from pamqp.heartbeat import Heartbeat
from pydantic import SecretStr

from contracts.broker import CONNECT_TIMEOUT, HEARTBEAT, on_any_node
from notifier.wire import Delivered, FrameReader, Method

CLOSE_SECONDS = 1.0
FRAME_BYTES = 128 * 1024
BEAT = pamqp.frame.marshal(Heartbeat(), 0)
PROPERTIES: dict[str, object] = {
    "product": "stagecast",
    "capabilities": {
        "authentication_failure_close": True,  # say why, and don't just hang up
        "consumer_cancel_notify": True,  # so that nobody consumes from a queue that is gone
    },
}

Receive = Callable[[Delivered], None]
Arguments = Mapping[str, str | int]


@dataclass(frozen=True)
class Binding:
    """Which of an exchange's messages a queue gets."""

    exchange: str
    key: str = ""

    def command(self, queue: str) -> Frame:
        return commands.Queue.Bind(queue=queue, exchange=self.exchange, routing_key=self.key, nowait=True)


class LostConnectionError(ConnectionError):
    """The broker, or the way to it, ended the connection; the text says why."""


class ConsumingConnection(asyncio.Protocol):
    """Hands each delivery to its consumer at once, in order. Any protest of the broker ends the connection.

    What is read is bounded by the consumers' prefetch; what is written are acknowledgements and calls.
    """

    def __init__(self) -> None:
        loop = asyncio.get_running_loop()
        self.closed: asyncio.Future[None] = loop.create_future()
        self._reader = FrameReader()
        self._consumers: dict[bytes, Receive] = {}
        self._calls: dict[int, deque[asyncio.Future[Frame]]] = {}
        self._channels = count(1)
        self._heard = loop.time()
        self._transport: asyncio.Transport | None = None

    async def open_channel(self, *, prefetch: int) -> int:
        """A channel on which each consumer gets `prefetch` deliveries ahead of its acknowledgements."""
        channel = next(self._channels)
        await self.call(channel, commands.Channel.Open())
        await self.call(channel, commands.Basic.Qos(prefetch_count=prefetch))
        return channel

    def declare_own(self, channel: int, queue: str, bindings: Iterable[Binding], arguments: Arguments) -> None:
        """Declare an exclusive queue that goes with its consumer, and bind it. Without waiting: what follows does."""
        declare = commands.Queue.Declare(
            queue=queue, exclusive=True, auto_delete=True, nowait=True, arguments=dict(arguments)
        )
        self._send(channel, declare, *(binding.command(queue) for binding in bindings))

    async def consume(self, channel: int, queue: str, receive: Receive, arguments: Arguments | None = None) -> None:
        """Receive what is in a queue, under its name as consumer tag; returns when the broker has begun."""
        self._consumers[queue.encode()] = receive
        consume = commands.Basic.Consume(queue=queue, consumer_tag=queue, arguments=dict(arguments or {}))
        await self.call(channel, consume)

    def publish(self, channel: int, queue: str, body: bytes) -> None:
        """Put a short message into a queue. Without a confirm: who reads the queue sees it come."""
        header = ContentHeader(body_size=len(body))
        frames = (commands.Basic.Publish(routing_key=queue), header, ContentBody(body))
        self._write(b"".join(pamqp.frame.marshal(frame, channel) for frame in frames))

    async def cancel(self, channel: int, queue: str) -> None:
        """End a consumer, and with it a queue that is exclusive. After it nothing more is received."""
        try:
            await self.call(channel, commands.Basic.Cancel(consumer_tag=queue))
        finally:
            self._consumers.pop(queue.encode(), None)

    def acknowledge(self, channel: int, delivery_tag: int, *, multiple: bool) -> None:
        """Without waiting: a lost connection has taken the delivery with it."""
        self._send(channel, commands.Basic.Ack(delivery_tag, multiple))

    async def call(self, channel: int, request: Frame) -> Frame:
        """Send a method and wait for its answer; answers come in the order of the calls.

        Raises:
            LostConnectionError: the broker closed the connection, perhaps because of this very call.
        """
        if self.closed.done():
            raise LostConnectionError("the connection is closed")
        answer: asyncio.Future[Frame] = asyncio.get_running_loop().create_future()
        self._calls.setdefault(channel, deque()).append(answer)
        self._send(channel, request)
        return await answer

    async def keep_alive(self) -> None:
        """Send heartbeats, and end a connection that has been silent for two of its own; never returns."""
        while True:
            await asyncio.sleep(HEARTBEAT.total_seconds() / 2)
            if asyncio.get_running_loop().time() - self._heard > 2 * HEARTBEAT.total_seconds():
                self._lose("the broker has been silent for too long")
            self._write(BEAT)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport  # type: ignore[assignment]  # uvloop's transports are no subclasses

    def data_received(self, data: bytes) -> None:
        self._heard = asyncio.get_running_loop().time()
        try:
            for whole in self._reader.feed(data):
                if isinstance(whole, Delivered):
                    self._deliver(whole)
                else:
                    self._answer(whole)
        except ConnectionError as error:
            self._lose(str(error))

    def connection_lost(self, exc: Exception | None) -> None:
        self._lose(str(exc) if exc else "the broker closed the connection")

    def _deliver(self, delivered: Delivered) -> None:
        receive = self._consumers.get(delivered.consumer_tag)
        if receive is None:
            raise LostConnectionError(f"a delivery for {delivered.consumer_tag!r}, whom nobody knows")
        receive(delivered)

    def _answer(self, method: Method) -> None:
        match method.frame:
            case commands.Connection.Close(reply_text=why) | commands.Channel.Close(reply_text=why):
                raise LostConnectionError(f"the broker protests: {why}")
            case commands.Basic.Cancel(consumer_tag=queue):
                raise LostConnectionError(f"the queue {queue} was deleted")
            case commands.Connection.Blocked() | commands.Connection.Unblocked():
                return  # that is for those who publish
        waiting = self._calls.get(method.channel)
        if not waiting:
            raise LostConnectionError(f"an answer that nobody asked for: {method.frame.name}")
        answer = waiting.popleft()
        if not answer.done():
            answer.set_result(method.frame)

    def _send(self, channel: int, *frames: Frame) -> None:
        self._write(b"".join(pamqp.frame.marshal(frame, channel) for frame in frames))

    def _write(self, data: bytes) -> None:
        if self._transport is not None and not self._transport.is_closing():
            self._transport.write(data)

    def _lose(self, why: str) -> None:
        """Everybody who waits for the broker hears of it."""
        if not self.closed.done():
            self.closed.set_exception(LostConnectionError(why))
            self.closed.exception()  # heard, even if nobody awaits it
        for waiting in self._calls.values():
            for answer in waiting:
                if not answer.done():
                    answer.set_exception(LostConnectionError(why))
        self._calls.clear()
        if self._transport is not None:
            self._transport.abort()

    async def _greet(self, url: str, name: str) -> None:
        """The opening of a connection (AMQP 0-9-1, section 2.2.4)."""
        parts = urlsplit(url)
        started = self._expect()
        self._write(ProtocolHeader().marshal())
        await started
        response = f"\0{unquote(parts.username or 'guest')}\0{unquote(parts.password or 'guest')}"
        tuned = self._expect()
        properties = {**PROPERTIES, "connection_name": f"stagecast {name}"}
        self._send(0, commands.Connection.StartOk(properties, "PLAIN", response))  # type: ignore[arg-type]
        offer = await tuned
        assert isinstance(offer, commands.Connection.Tune)  # the broker knows the order, or protests
        frame_bytes = min(offer.frame_max or FRAME_BYTES, FRAME_BYTES)
        self._send(0, commands.Connection.TuneOk(offer.channel_max, frame_bytes, int(HEARTBEAT.total_seconds())))
        await self.call(0, commands.Connection.Open(unquote(parts.path[1:]) or "/"))

    def _expect(self) -> asyncio.Future[Frame]:
        answer: asyncio.Future[Frame] = asyncio.get_running_loop().create_future()
        self._calls.setdefault(0, deque()).append(answer)
        return answer

    async def _close(self) -> None:
        with suppress(ConnectionError, TimeoutError):
            async with asyncio.timeout(CLOSE_SECONDS):
                await self.call(0, commands.Connection.Close(200, "goodbye", 0, 0))
        self._lose("closed by us")


@asynccontextmanager
async def consuming(url: SecretStr, *, name: str) -> AsyncIterator[ConsumingConnection]:
    """A connection for the length of the block: to the broker, or to any of a cluster's nodes.

    Raises:
        OSError, TimeoutError: the broker is away, or refuses us.
    """

    async def connect_to(node: str) -> ConsumingConnection:
        return await _connect(node, name=name)

    connection = await on_any_node(url, connect_to, name=name)
    try:
        yield connection
    finally:
        await connection._close()


async def _connect(url: str, *, name: str) -> ConsumingConnection:
    parts = urlsplit(url)
    context = ssl.create_default_context() if parts.scheme == "amqps" else None
    port = parts.port or (5671 if context else 5672)
    async with asyncio.timeout(CONNECT_TIMEOUT.total_seconds()):
        loop = asyncio.get_running_loop()
        host = parts.hostname or "localhost"
        _, connection = await loop.create_connection(ConsumingConnection, host, port, ssl=context)
        try:
            await connection._greet(url, name)
        except BaseException:
            connection._lose("it could not be opened")
            raise
    return connection
