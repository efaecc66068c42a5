"""The notifier's own connection, against a real broker."""

import asyncio
from urllib.parse import urlsplit

import pytest
from aio_pika.abc import AbstractChannel
from pydantic import SecretStr

from contracts.topology import EVENT_TOPOLOGY, EVENTS, declare
from notifier.amqp import LostConnectionError, consuming
from notifier.wire import Delivered
from tests.integration.test_streams import publish
from tests.services import free_port


async def test_what_is_published_is_received(broker_url: str, channel: AbstractChannel) -> None:
    await declare(channel, *EVENT_TOPOLOGY)
    received: asyncio.Queue[Delivered] = asyncio.Queue()
    async with consuming(SecretStr(broker_url), name="test") as connection:
        number = await connection.open_channel(prefetch=2)
        await connection.consume(number, "client.test.a", EVENTS.name, received.put_nowait, arguments={})
        await publish(channel, b"one", b"", b"x" * 300_000)
        first, second = await received.get(), await received.get()
        assert (first.body, second.body) == (b"one", b"")
        assert received.empty()
        connection.acknowledge(number, second.delivery_tag, multiple=True)
        assert (await received.get()).body == b"x" * 300_000
        await connection.cancel(number, "client.test.a")


async def test_a_protest_of_the_broker_ends_the_connection(broker_url: str, channel: AbstractChannel) -> None:
    await declare(channel, *EVENT_TOPOLOGY)
    async with consuming(SecretStr(broker_url), name="test") as connection:
        number = await connection.open_channel(prefetch=2)
        with pytest.raises(LostConnectionError, match="no exchange"):
            await connection.consume(number, "client.test.b", "no.such.exchange", print, arguments={})
        with pytest.raises(LostConnectionError):
            await connection.closed
        with pytest.raises(LostConnectionError):
            await connection.open_channel(prefetch=1)


@pytest.mark.parametrize("user", ["guest:wrong", "nobody:guest"])
async def test_a_refused_password(broker_url: str, user: str) -> None:
    parts = urlsplit(broker_url)
    url = parts._replace(netloc=f"{user}@{parts.hostname}:{parts.port}").geturl()
    with pytest.raises(ConnectionError, match="ACCESS_REFUSED"):
        async with consuming(SecretStr(url)):
            pass


async def test_nobody_there() -> None:
    with pytest.raises(ConnectionRefusedError):
        async with consuming(SecretStr(f"amqp://guest:guest@127.0.0.1:{free_port()}/")):
            pass


async def test_somebody_else_there() -> None:
    async def greet(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 mail.example ESMTP ready\r\n")
        await writer.drain()
        writer.close()

    async with await asyncio.start_server(greet, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        with pytest.raises(ConnectionError):
            async with consuming(SecretStr(f"amqp://guest:guest@127.0.0.1:{port}/")):
                pass
