"""A client that takes nothing until somebody reads."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from urllib.parse import urlsplit


@asynccontextmanager
async def silent_client(url: str) -> AsyncIterator[asyncio.StreamReader]:
    """It asks for the stream, and takes next to nothing until somebody reads."""
    parts = urlsplit(url)
    assert parts.hostname is not None
    assert parts.port is not None
    with socket.socket() as connection:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 131_072)
        connection.setblocking(False)
        await asyncio.get_running_loop().sock_connect(connection, (parts.hostname, parts.port))
        reader, writer = await asyncio.open_connection(sock=connection, limit=1024)
        writer.write(b"GET /events HTTP/1.1\r\nHost: localhost\r\n\r\n")
        try:
            yield reader
        finally:
            writer.close()
            with suppress(OSError):
                await writer.wait_closed()


async def read_until(reader: asyncio.StreamReader, words: str) -> str:
    text = ""
    async with asyncio.timeout(60):
        while words not in text:
            piece = await reader.read(65536)
            assert piece, text[-1000:]
            text += piece.decode("utf-8", "replace")
    return text
