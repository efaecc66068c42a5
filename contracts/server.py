"""The HTTP side that every service has: one listening socket, health, and an ordered end."""

import asyncio
import contextlib
import socket
from collections.abc import Awaitable, Callable, Iterator, Mapping
from typing import Any

import uvicorn
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from contracts.errors import PortTakenError
from contracts.protocol import Protocol

GRACE_SECONDS = 2  # what open requests get before they are cut

Checks = Mapping[str, Callable[[], str | None]]  # each says what is wrong, or None
Farewell = Callable[[], Awaitable[None]]


class Server(uvicorn.Server):
    """uvicorn that leaves signals to its owner and says farewell before it waits for open connections.

    uvicorn waits for open streams *before* it runs the lifespan's shutdown: ending them there is too late.
    """

    def __init__(self, app: Any, *, farewell: Farewell | None = None) -> None:
        super().__init__(
            uvicorn.Config(
                app,
                http=Protocol,
                interface="asgi3",
                log_config=None,
                access_log=False,
                lifespan="off",
                server_header=False,
                proxy_headers=True,
                timeout_graceful_shutdown=GRACE_SECONDS,
            )
        )
        self._farewell = farewell

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        if self._farewell is not None:
            await self._farewell()
        await super().shutdown(sockets)

    async def serve_until(self, stop: asyncio.Event, listener: socket.socket) -> None:
        """Serve on `listener`; after `stop`: farewell, then at most 2 s for open requests."""
        serving = asyncio.ensure_future(self.serve(sockets=[listener]))
        stopping = asyncio.ensure_future(stop.wait())
        try:
            await asyncio.wait({serving, stopping}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            stopping.cancel()
            self.should_exit = True
            await serving


def listen(host: str, port: int, *, setting: str, send_buffer: int | None = None) -> socket.socket:
    """A bound, listening socket; port 0 takes any free one.

    `send_buffer` is how many bytes the kernel holds for a client that does not take them; its own choice grows to
    some 4 MB.

    Raises:
        PortTakenError: names the setting to change.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    if send_buffer is not None:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, send_buffer)
    try:
        listener.bind((host, port))
        listener.listen(1024)
    except OSError as error:
        listener.close()
        raise PortTakenError(
            f"cannot listen on {host}:{port} ({error.strerror}): end what uses it, or set {setting} to another port"
        ) from error
    listener.setblocking(False)
    return listener


def health_routes(checks: Checks, concerns: Checks | None = None) -> list[Route]:
    """`/livez`: this process answers. `/readyz`: 200 when every check is content, else 503; and what each says.

    Concerns are said there too, but keep nobody from working.
    """

    async def livez(_: Request) -> Response:
        return JSONResponse({"status": "alive"})

    async def readyz(_: Request) -> Response:
        faults = {name: check() for name, check in checks.items()}
        ready = not any(faults.values())
        said = {name: check() for name, check in (concerns or {}).items()}
        told = {"status": "ready" if ready else "not ready", "checks": {n: f or "ok" for n, f in faults.items()}}
        return JSONResponse(
            {**told, "concerns": {n: s for n, s in said.items() if s}} if any(said.values()) else told,
            status_code=200 if ready else 503,
            headers={"Cache-Control": "no-store"},
        )

    return [Route("/livez", livez), Route("/readyz", readyz)]
