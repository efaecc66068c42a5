"""A TCP proxy that can be cut or fall silent, to part a service from its broker."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from enum import Flag, auto
from urllib.parse import urlsplit, urlunsplit

from tests.ground import wait_until_async


class Way(Flag):
    """Which way bytes go."""

    TO_BROKER = auto()
    FROM_BROKER = auto()


BOTH_WAYS = Way.TO_BROKER | Way.FROM_BROKER
GREETING_BYTES = 2_000


@dataclass(eq=False)
class Line:
    """One direction of one connection."""

    way: Way
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    greeting: bytearray  # of both directions: what the client said first, its connection's name among it
    is_silent: bool = False

    async def carry(self) -> None:
        """Until the end of its connection; while it is silent, nothing arrives, not even that end."""
        try:
            while data := await self.reader.read(65536):
                if self.way is Way.TO_BROKER and len(self.greeting) < GREETING_BYTES:
                    self.greeting += data
                if not self.is_silent:
                    self.writer.write(data)
                    await self.writer.drain()
        except ConnectionError:
            pass
        finally:
            if not self.is_silent:
                self.writer.transport.abort()


class Proxy:
    """Forwards connections to one address until it is cut."""

    def __init__(self, host: str, port: int) -> None:
        self._target = host, port
        self._lines: set[Line] = set()
        self._is_cut = False

    def cut(self) -> None:
        """Reset every connection, and refuse new ones until `mend`."""
        self._is_cut = True
        for line in self._lines:
            line.writer.transport.abort()

    def silence(self, ways: Way, *, named: str = "") -> None:
        """As a firewall that forgets its connections: what is sent these ways never arrives, and no end is told.

        New connections work, and so do those that have another name.
        """
        for line in self._lines:
            line.is_silent = line.way in ways and named.encode() in line.greeting

    def mend(self) -> None:
        self._is_cut = False

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self._is_cut:
            writer.transport.abort()
            return
        upstream_reader, upstream = await asyncio.open_connection(*self._target)
        if self._is_cut:  # meanwhile
            upstream.transport.abort()
            writer.transport.abort()
            return
        greeting = bytearray()
        lines = {
            Line(Way.TO_BROKER, reader, upstream, greeting),
            Line(Way.FROM_BROKER, upstream_reader, writer, greeting),
        }
        self._lines |= lines
        await asyncio.gather(*(line.carry() for line in lines))
        for line in lines:
            line.writer.transport.abort()
        self._lines -= lines

    async def close(self) -> None:
        """Cut, and leave nothing behind."""
        self.cut()
        await wait_until_async(lambda: not self._lines, 10, what="the end of the proxy's connections")


@asynccontextmanager
async def cuttable(amqp_url: str) -> AsyncIterator[tuple[str, Proxy]]:
    """The URL of a broker behind a proxy, and the proxy."""
    parts = urlsplit(amqp_url)
    proxy = Proxy(parts.hostname or "127.0.0.1", parts.port or 5672)
    server = await asyncio.start_server(proxy.serve, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    user, _, _ = parts.netloc.rpartition("@")
    try:
        yield urlunsplit(parts._replace(netloc=f"{user}@127.0.0.1:{port}")), proxy
    finally:
        server.close()
        await proxy.close()
