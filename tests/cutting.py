"""A TCP proxy in a thread that cuts connections after so many bytes, wherever that is in a request."""

import asyncio
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress

PIECE = 65536


class Cutter:
    """Forwards to one address; resets the connection at each of the marks, counted over all that clients sent.

    One that `swallows` takes bytes from there on and passes none, until that client is gone.
    """

    def __init__(self, host: str, port: int, marks: Sequence[int], *, swallows: bool) -> None:
        self._swallows = swallows
        self._target = host, port
        self._marks = sorted(marks, reverse=True)
        self.sent = 0
        self.cuts = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            answers, requests = await asyncio.open_connection(*self._target)
        except OSError:  # it is being started again
            writer.transport.abort()
            return
        answering = asyncio.ensure_future(self._carry(answers, writer))
        with suppress(ConnectionError):
            await self._forward(reader, requests)
        requests.transport.abort()
        await answering

    async def _forward(self, reader: asyncio.StreamReader, requests: asyncio.StreamWriter) -> None:
        while piece := await reader.read(PIECE):
            left = self._marks[-1] - self.sent if self._marks else len(piece)
            requests.write(piece[:left])
            await requests.drain()
            self.sent += min(left, len(piece))
            if self._marks and self.sent >= self._marks[-1]:
                self._marks.pop()
                self.cuts += 1
                while self._swallows and await reader.read(PIECE):
                    pass
                return

    async def _carry(self, answers: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(ConnectionError):
            while piece := await answers.read(PIECE):
                writer.write(piece)
                await writer.drain()
        writer.transport.abort()


@contextmanager
def cutting(host: str, port: int, marks: Sequence[int], *, swallows: bool = False) -> Iterator[tuple[str, Cutter]]:
    """The URL of a server behind a cutter; on a thread of its own, as clients may be blocking ones."""
    cutter = Cutter(host, port, marks, swallows=swallows)
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    server = asyncio.run_coroutine_threadsafe(asyncio.start_server(cutter.serve, "127.0.0.1", 0), loop).result(30)
    try:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", cutter
    finally:
        asyncio.run_coroutine_threadsafe(_end(server), loop).result(30)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(30)
        loop.close()


async def _end(server: asyncio.Server) -> None:
    server.close()
    tasks = asyncio.all_tasks() - {asyncio.current_task()}
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
