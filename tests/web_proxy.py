"""A proxy in front of an HTTP service that does to answers and streams what proxies do."""

import asyncio
import zlib
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field

import httpx
import uvicorn
from starlette.requests import Request
from starlette.types import Receive, Scope, Send

from contracts.protocol import CONNECTION, Protocol
from contracts.server import listen

HOP_BY_HOP = {"connection", "keep-alive", "transfer-encoding", "host", "content-encoding"}


class LostError(Exception):
    """The connection to the client is to be cut."""


@dataclass
class WebProxy:
    """Its faults may be set while it runs. Paths that begin with a key of `others` go to that service."""

    target: str
    others: Mapping[str, str] = field(default_factory=dict)
    away: int = 0  # so many requests are answered 502
    refuses: dict[str, int] = field(default_factory=dict)  # by a path's beginning: answered with this status alone
    loses_answers: int = 0  # so many requests reach the service, and their answers reach nobody
    cuts_body_after: int | None = None  # bytes; of the next answer only
    buffers: int = 0  # bytes that it gathers before it passes them on
    compresses: bool = False
    stream_seconds: float | None = None  # how long it lets an answer last
    date: str | None = None
    seen: list[Request] = field(default_factory=list)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        self.seen.append(request)
        if self.away:
            self.away -= 1
            await _answer(send, 502, {"content-length": "0"})
            return
        for start, status in self.refuses.items():
            if request.url.path.startswith(start):
                await _answer(send, status, {"content-length": "0"})
                return
        with suppress(httpx.TransportError, LostError):
            async with httpx.AsyncClient(timeout=60) as http, self._asked(http, request) as answer:
                await self._pass_on(answer, scope, send)
                return
        connection: Protocol = scope["extensions"][CONNECTION]
        connection.transport.abort()

    def _asked(self, http: httpx.AsyncClient, request: Request) -> "httpx._client.AsyncContextManager[httpx.Response]":  # type: ignore[name-defined]
        path = request.url.path
        target = next((url for start, url in self.others.items() if path.startswith(start)), self.target)
        has_body = request.method in {"POST", "PUT", "PATCH"}
        return http.stream(
            request.method,
            f"{target}{request.scope['raw_path'].decode()}?{request.url.query}",
            headers=[(name, value) for name, value in request.headers.items() if name not in HOP_BY_HOP],
            content=request.stream() if has_body else None,
        )

    async def _pass_on(self, answer: httpx.Response, scope: Scope, send: Send) -> None:
        if self.loses_answers:
            self.loses_answers -= 1
            await answer.aread()
            raise LostError
        headers = {name: value for name, value in answer.headers.items() if name not in HOP_BY_HOP}
        if self.date is not None:
            headers["date"] = self.date
        if self.compresses:
            headers = {name: value for name, value in headers.items() if name != "content-length"}
            headers["content-encoding"] = "gzip"
        await _answer(send, answer.status_code, headers)
        with suppress(TimeoutError):
            async with asyncio.timeout(self.stream_seconds):
                async for block in self._passed(answer):
                    await send({"type": "http.response.body", "body": block, "more_body": True})
        await send({"type": "http.response.body", "body": b""})

    async def _passed(self, answer: httpx.Response) -> AsyncIterator[bytes]:
        left, self.cuts_body_after = self.cuts_body_after, None
        packer = zlib.compressobj(wbits=31) if self.compresses else None
        held = b""
        async for block in answer.aiter_raw():
            held += packer.compress(block) if packer else block
            if left is not None and len(held) >= left:
                yield held[:left]
                raise LostError
            if len(held) >= self.buffers and left is None:
                yield held
                held = b""
        yield held + (packer.flush() if packer else b"")


async def _answer(send: Send, status: int, headers: Mapping[str, str]) -> None:
    raw = [(name.encode(), value.encode()) for name, value in headers.items()]
    await send({"type": "http.response.start", "status": status, "headers": raw})
    if headers.get("content-length") == "0":
        await send({"type": "http.response.body", "body": b""})


@asynccontextmanager
async def in_front_of(target: str, **others: str) -> AsyncIterator[tuple[str, WebProxy]]:
    """The proxy's URL, and the proxy."""
    proxy = WebProxy(target, {f"/{start}": url for start, url in others.items()})
    listener = listen("127.0.0.1", 0, setting="the test's port")
    config = uvicorn.Config(
        proxy, http=Protocol, lifespan="off", log_config=None, access_log=False, date_header=False,
        timeout_graceful_shutdown=1,
    )  # fmt: skip
    server = uvicorn.Server(config)
    server.install_signal_handlers = lambda: None  # type: ignore[attr-defined]
    serving = asyncio.ensure_future(server.serve(sockets=[listener]))
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}", proxy
    finally:
        server.should_exit = True
        await serving
