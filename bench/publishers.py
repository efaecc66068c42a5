"""How events get to what is measured: through the broker, or by HTTP POST. Neither waits for an event's answer."""

import asyncio
import itertools
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import aio_pika

from contracts.events import Event, encode
from contracts.topology import EVENT_TOPOLOGY, EVENTS, declare, event_key

Publish = Callable[[Event], Awaitable[None]]
CONNECTIONS = 8


@asynccontextmanager
async def through_broker(url: str) -> AsyncIterator[Publish]:
    """To the fanout exchange, as the services do it but for the confirms."""
    async with await aio_pika.connect(url) as connection:
        channel = await connection.channel(publisher_confirms=False)
        await declare(channel, *EVENT_TOPOLOGY)
        exchange = await channel.get_exchange(EVENTS.name, ensure=False)

        async def publish(event: Event) -> None:
            message = aio_pika.Message(encode(event), message_id=event.id, content_type="application/cloudevents+json")
            await exchange.publish(message, event_key(event))

        yield publish


@asynccontextmanager
async def by_post(port: int, path: str) -> AsyncIterator[Publish]:
    """Over some keep-alive connections in turn; each waits for its last answer before it sends again."""
    posters = [_Poster(*await asyncio.open_connection("127.0.0.1", port)) for _ in range(CONNECTIONS)]
    turns = itertools.cycle(posters)
    head = f"POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: "

    async def publish(event: Event) -> None:
        body = encode(event)
        await next(turns).post(f"{head}{len(body)}\r\n\r\n".encode() + body)

    yield publish
    for poster in posters:
        await poster.close()


class _Poster:
    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self._writer = reader, writer
        self._is_waiting = False

    async def post(self, request: bytes) -> None:
        await self._answer()
        self._writer.write(request)
        self._is_waiting = True

    async def _answer(self) -> None:
        if self._is_waiting:
            head = await self._reader.readuntil(b"\r\n\r\n")
            assert head.startswith(b"HTTP/1.1 20"), head
            length = next(int(line[15:]) for line in head.lower().splitlines() if line.startswith(b"content-length:"))
            await self._reader.readexactly(length)
            self._is_waiting = False

    async def close(self) -> None:
        await self._answer()
        self._writer.close()
