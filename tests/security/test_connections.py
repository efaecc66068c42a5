"""Clients that send too little, too slowly or without end, and that take nothing: by the thousand, and bounded."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import psutil
import pytest
import uvicorn
from starlette.responses import PlainTextResponse, Response
from starlette.types import Receive, Scope, Send
from uvicorn.server import ServerState

from contracts.protocol import MAX_HEAD_BYTES, Protocol
from tests.ground import wait_until_async
from tests.integration.test_uploads import sources_in
from tests.services import running_gateway, running_notifier

CROWD = 1_000
DEADLINE = 60


async def application(scope: Scope, receive: Receive, send: Send) -> None:
    """Answers when it has read all; `/much` with more than any buffer takes."""
    while (message := await receive())["type"] == "http.request" and message.get("more_body"):
        pass
    much = scope["path"] == "/much"
    await (Response(bytes(50_000_000)) if much else PlainTextResponse("heard"))(scope, receive, send)


class Hasty(Protocol):
    head_seconds = 0.3
    stalled_seconds = 0.5


@asynccontextmanager
async def listening(kind: type[Protocol]) -> AsyncIterator[int]:
    config = uvicorn.Config(application, log_config=None, lifespan="off", interface="asgi3")
    config.load()
    state = ServerState()
    server = await asyncio.get_running_loop().create_server(lambda: kind(config, state, {}), "127.0.0.1", 0)
    async with server:
        yield server.sockets[0].getsockname()[1]
        for protocol in tuple(state.connections):
            protocol.transport.abort()


async def talk(port: int, *pieces: bytes) -> bytes:
    """Send, and read to the end of the connection."""
    async with asyncio.timeout(DEADLINE):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        try:
            for piece in pieces:
                writer.write(piece)
                await writer.drain()
            return await reader.read()
        except ConnectionError:
            return b""
        finally:
            writer.close()


@pytest.mark.parametrize("pieces", [[], [b"\r\n\r\n"], [b"GET / HT"], [b"GET / HTTP/1.1\r\nHost: x\r\nA: "]])
async def test_a_head_that_does_not_come_is_not_waited_for(pieces: list[bytes]) -> None:
    async with listening(Hasty) as port:
        assert (await talk(port, *pieces)).startswith(b"HTTP/1.1 408" if pieces else b"")


async def test_the_next_request_has_no_more_time_than_the_first() -> None:
    async with listening(Hasty) as port:
        answer = await talk(port, b"GET / HTTP/1.1\r\nHost: x\r\n\r\n", b"GET / HTTP/1.1\r\n")
        assert answer.count(b"heard") == 1  # and then the connection ends, or this would not


async def test_a_body_may_take_longer_than_a_head() -> None:
    async with listening(Hasty) as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 6\r\nConnection: close\r\n\r\n")
        for _ in range(6):
            await asyncio.sleep(Hasty.head_seconds / 3)
            writer.write(b"x")
        async with asyncio.timeout(DEADLINE):
            assert b"heard" in await reader.read()
        writer.close()


MUCH = b"x" * (4 * MAX_HEAD_BYTES)


@pytest.mark.parametrize(
    "pieces",
    [
        [b"GET /" + MUCH, MUCH],
        [b"GET / HTTP/1.1\r\nHost: x\r\nA: ", *[MUCH] * 20],
        [b"GET / HTTP/1.1\r\nHost: x\r\nA: " + MUCH[: MAX_HEAD_BYTES + 1] + b"\r\n\r\n"],
        [b"GET / HTTP/1.1\r\nHost: x\r\n", *[b"A: b\r\n" * 10_000] * 5],
    ],
)
async def test_a_head_without_end(pieces: list[bytes]) -> None:
    async with listening(Protocol) as port:
        assert b"heard" not in await talk(port, *pieces)


async def test_a_head_that_is_too_long_is_told_so() -> None:
    head = b"GET / HTTP/1.1\r\nHost: x\r\nA: " + MUCH[: MAX_HEAD_BYTES + 1] + b"\r\n\r\n"
    async with listening(Protocol) as port:
        assert (await talk(port, head)).startswith(b"HTTP/1.1 431 Request Header Fields Too Large")


@pytest.mark.parametrize("end", [b"0\r\nA: ", b"0\r\n" + b"A: b\r\n" * 1_000, b"5;a="])
async def test_a_chunked_body_without_end(end: bytes) -> None:
    """Trailers and chunk extensions are no body: uvicorn and its parser gather or skip them for ever."""
    head = b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n"
    async with listening(Protocol) as port:
        assert b"heard" not in await talk(port, head, end, *[MUCH] * 20)


async def test_a_second_request_without_end_behind_a_first() -> None:
    """What is sent ahead of its turn is bounded too."""
    async with listening(Protocol) as port:
        first = b"POST /much HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n\r\nx"
        answer = await talk(port, first + b"GET / HTTP/1.1\r\nA: ", *[MUCH] * 20)
        assert b"heard" not in answer


async def test_who_takes_nothing_is_cut() -> None:
    async with listening(Hasty) as port:
        _, writer = await asyncio.open_connection("127.0.0.1", port, limit=1_024)  # reads so much ahead, and no more
        writer.write(b"GET /much HTTP/1.1\r\nHost: x\r\n\r\n")
        await wait_until_async(lambda: is_established(port), DEADLINE)
        await wait_until_async(lambda: not is_established(port), DEADLINE, what="the end of a connection")
        writer.transport.abort()


def is_established(port: int) -> bool:
    """Whether the server's side of a connection is open."""
    found = psutil.Process().net_connections("tcp")
    return any(each.laddr and each.laddr[1] == port and each.status == "ESTABLISHED" for each in found)


async def crowd(port: int, says: bytes) -> list[asyncio.StreamWriter]:
    """Open connections that say this and no more."""
    writers = []
    for _ in range(CROWD):
        _, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(says)
        writers.append(writer)
    return writers


@pytest.mark.parametrize("says", [b"", b"GET / HTTP/1.1\r\nHost: x\r\nA: "])
@pytest.mark.parametrize("service", ["gateway", "notifier"])
async def test_a_thousand_half_open_clients(
    broker_url: str, blobs: Path, inspect_queue: str, service: str, says: bytes
) -> None:
    """Others are answered meanwhile, and the thousand are gone soon."""
    starting = (
        running_gateway(broker_url, blobs.as_uri())
        if service == "gateway"
        else running_notifier(broker_url, store_url=blobs.as_uri())
    )
    async with starting as url, httpx.AsyncClient(base_url=url, timeout=DEADLINE) as client:
        port = int(url.rsplit(":", 1)[1])
        writers = await crowd(port, says)
        for _ in range(20):
            assert (await client.get("/readyz")).status_code == 200
        async with asyncio.timeout(DEADLINE):
            for writer in writers:
                await writer.wait_closed() if writer.is_closing() else await gone(writer)
        assert (await client.get("/readyz")).status_code == 200


async def gone(writer: asyncio.StreamWriter) -> None:
    """Wait until the other side has closed."""
    reader = writer.transport.get_protocol()._stream_reader  # type: ignore[attr-defined]
    while await reader.read(1_024):
        pass
    writer.close()


async def test_an_upload_that_stops_is_given_up(broker_url: str, blobs: Path, inspect_queue: str) -> None:
    async with running_gateway(broker_url, blobs.as_uri(), gateway_idle_seconds=0.5) as url:
        head = b"PUT /upload/a HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\nConnection: close\r\n\r\nx"
        answer = await talk(int(url.rsplit(":", 1)[1]), head)
        assert answer.startswith(b"HTTP/1.1 408")
        assert b"application/problem+json" in answer
    assert sources_in(blobs) == {}
