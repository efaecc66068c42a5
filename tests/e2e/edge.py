"""A small HTTP proxy before the notifier, as many put one there: it can answer 502 for it, and ends what is open."""

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager

BAD_GATEWAY = b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 9\r\nConnection: close\r\n\r\nno server"


class Edge:
    """Forwards HTTP/1.1 connections, one request each."""

    def __init__(self, port: int) -> None:
        self.url = ""
        self.requests: list[str] = []  # the first line of each
        self.refusals = 0
        self._port = port  # the notifier's
        self._open: set[asyncio.StreamWriter] = set()
        self._is_down = False
        self._loop = asyncio.new_event_loop()

    @property
    def streams(self) -> int:
        """How many connections are open."""
        return len(self._open)

    def go_down(self) -> None:
        """End all connections, and answer new ones with 502."""
        self._is_down = True
        self._loop.call_soon_threadsafe(self._cut)

    def come_back(self) -> None:
        self._is_down = False

    def run(self, started: threading.Event) -> None:
        asyncio.set_event_loop(self._loop)
        server = self._loop.run_until_complete(asyncio.start_server(self._serve, "127.0.0.1", 0))
        self.url = f"http://localhost:{server.sockets[0].getsockname()[1]}"
        started.set()
        self._loop.run_forever()
        server.close()
        self._cut()
        tasks = asyncio.all_tasks(self._loop)
        self._loop.run_until_complete(asyncio.gather(*tasks, return_exceptions=True))
        self._loop.close()

    def stop(self) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)

    def _cut(self) -> None:
        for writer in self._open:
            writer.transport.abort()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = await reader.readuntil(b"\r\n\r\n")
            self.requests.append(head.split(b"\r\n", 1)[0].decode())
            if self._is_down:
                self.refusals += 1
                writer.write(BAD_GATEWAY)
                await writer.drain()
            else:
                await self._forward(head.replace(b"keep-alive", b"close"), reader, writer)
        except (ConnectionError, asyncio.IncompleteReadError):
            pass  # the browser left
        finally:
            writer.transport.abort() if not self._is_down else writer.close()

    async def _forward(self, head: bytes, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        theirs, to_them = await asyncio.open_connection("127.0.0.1", self._port)
        self._open |= {writer}
        to_them.write(head)
        try:
            answer = asyncio.create_task(_carry(theirs, writer))
            goodbye = asyncio.create_task(reader.read())
            await asyncio.wait({answer, goodbye}, return_when=asyncio.FIRST_COMPLETED)
            answer.cancel()
            goodbye.cancel()
            await asyncio.gather(answer, goodbye, return_exceptions=True)
        finally:
            self._open -= {writer}
            to_them.transport.abort()


async def _carry(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while data := await reader.read(65536):
        writer.write(data)
        await writer.drain()


@contextmanager
def running_edge(port: int) -> Iterator[Edge]:
    """An edge before the notifier on this port."""
    edge, started = Edge(port), threading.Event()
    thread = threading.Thread(target=edge.run, args=(started,), daemon=True)
    thread.start()
    started.wait(10)
    try:
        yield edge
    finally:
        edge.stop()
        thread.join(10)
