"""The notifier's own connection, against a real broker."""

import asyncio
from urllib.parse import urlsplit

import pytest
from aio_pika.abc import AbstractChannel
from pydantic import SecretStr

from contracts.topology import EVENT_LOG, EVENT_TOPOLOGY, EVENTS, declare
from notifier.amqp import Binding, LostConnectionError, consuming
from notifier.wire import Delivered
from tests.services import free_port
from tests.streams import publish_bodies


async def test_what_is_published_is_received(broker_url: str, channel: AbstractChannel) -> None:
    await declare(channel, *EVENT_TOPOLOGY)
    received: asyncio.Queue[Delivered] = asyncio.Queue()
    async with consuming(SecretStr(broker_url), name="test") as connection:
        number = await connection.open_channel(prefetch=2)
        connection.declare_own(number, "client.test.a", [Binding(EVENTS.name)], {})
        await connection.consume(number, "client.test.a", received.put_nowait)
        await publish_bodies(channel, *(("", body) for body in (b"one", b"", b"x" * 300_000)))
        first, second = await received.get(), await received.get()
        assert (first.body, second.body) == (b"one", b"")
        assert received.empty()
        connection.acknowledge(number, second.delivery_tag, multiple=True)
        assert (await received.get()).body == b"x" * 300_000
        await connection.cancel(number, "client.test.a")


async def test_a_stream_is_read_from_an_offset(broker_url: str, channel: AbstractChannel) -> None:
    await publish_bodies(channel, *(("", b"%d" % number) for number in range(5)))
    received: asyncio.Queue[Delivered] = asyncio.Queue()
    async with consuming(SecretStr(broker_url), name="test") as connection:
        number = await connection.open_channel(prefetch=10)
        await connection.consume(number, EVENT_LOG.name, received.put_nowait, {"x-stream-offset": 3})
        connection.publish(number, EVENT_LOG.name, b"a mark")
        heard = [await received.get() for _ in range(3)]
    assert [(each.offset, each.body) for each in heard] == [(3, b"3"), (4, b"4"), (5, b"a mark")]


async def test_a_protest_of_the_broker_ends_the_connection(broker_url: str, channel: AbstractChannel) -> None:
    await declare(channel, *EVENT_TOPOLOGY)
    async with consuming(SecretStr(broker_url), name="test") as connection:
        number = await connection.open_channel(prefetch=2)
        connection.declare_own(number, "client.test.b", [Binding("no.such.exchange")], {})
        with pytest.raises(LostConnectionError, match="no exchange"):
            await connection.consume(number, "client.test.b", print)
        with pytest.raises(LostConnectionError):
            await connection.closed
        with pytest.raises(LostConnectionError):
            await connection.open_channel(prefetch=1)


@pytest.mark.parametrize("user", ["guest:wrong", "nobody:guest"])
async def test_a_refused_password(broker_url: str, user: str) -> None:
    parts = urlsplit(broker_url)
    url = parts._replace(netloc=f"{user}@{parts.hostname}:{parts.port}").geturl()
    with pytest.raises(ConnectionError, match="ACCESS_REFUSED"):
        async with consuming(SecretStr(url), name="test"):
            pass


async def test_nobody_there() -> None:
    with pytest.raises(ConnectionRefusedError):
        async with consuming(SecretStr(f"amqp://guest:guest@127.0.0.1:{free_port()}/"), name="test"):
            pass


async def test_somebody_else_there() -> None:
    async def greet(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 mail.example ESMTP ready\r\n")
        await writer.drain()
        writer.close()

    async with await asyncio.start_server(greet, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        with pytest.raises(ConnectionError):
            async with consuming(SecretStr(f"amqp://guest:guest@127.0.0.1:{port}/"), name="test"):
                pass
