"""A request's body, bounded; and a polite end for one that is answered before it was read."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress

from starlette.requests import ClientDisconnect, Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from gateway.errors import SenderGoneError, TooLargeError, TooSlowError
from gateway.leaving import Leaving

BLOCK_BYTES = 1024 * 1024  # each block costs the store a thread hop: fewer, larger ones are three times as fast
LINGER_SECONDS = 5.0


def content_length(request: Request) -> int | None:
    """How long the body will be, if the request says so."""
    length = request.headers.get("content-length", "")
    return int(length) if length.isdigit() else None


async def read_body(request: Request, *, limit: int, idle: float) -> AsyncIterator[bytes]:
    """The body as it comes.

    Raises:
        TooLargeError: it is, or says that it will be, longer than `limit` bytes.
        TooSlowError: nothing came for `idle` seconds.
        SenderGoneError: the connection closed before its end.
    """
    if (content_length(request) or 0) > limit:
        raise _too_large(limit)
    received = 0
    try:
        stream = aiter(request.stream())
        while (chunk := await _next(stream, idle)) is not None:
            received += len(chunk)
            if received > limit:
                raise _too_large(limit)
            if chunk:
                yield chunk
    except ClientDisconnect as error:
        raise SenderGoneError from error


async def _next(stream: AsyncIterator[bytes], idle: float) -> bytes | None:
    try:
        async with asyncio.timeout(idle):
            return await anext(stream, None)
    except TimeoutError as error:
        raise TooSlowError(f"nothing came for {idle:g} s; nothing was kept, try again") from error


async def in_blocks(pieces: AsyncIterator[bytes | memoryview]) -> AsyncIterator[bytes]:
    """The same bytes in blocks of 1 MiB, the last one shorter."""
    gathered: list[bytes | memoryview] = []
    size = 0
    async for piece in pieces:
        gathered.append(piece)
        size += len(piece)
        if size >= BLOCK_BYTES:
            yield b"".join(gathered)
            gathered, size = [], 0
    if gathered:
        yield b"".join(gathered)


async def bounded(blocks: AsyncIterator[bytes], *, limit: int) -> AsyncIterator[bytes]:
    """A file's bytes; raises TooLargeError when it is longer than `limit`."""
    size = 0
    async for block in blocks:
        size += len(block)
        if size > limit:
            raise too_large(limit)
        yield block


def too_large(limit: int) -> TooLargeError:
    """Of one file."""
    return _with_limit(TooLargeError(f"the file is larger than {limit} bytes, the limit here"), limit)


def _too_large(limit: int) -> TooLargeError:
    error = TooLargeError(f"the request is larger than {limit} bytes, the limit here; send less in one request")
    return _with_limit(error, limit)


def _with_limit(error: TooLargeError, limit: int) -> TooLargeError:
    error.headers = {"Upload-Limit": f"max-size={limit}"}  # as draft-ietf-httpbis-resumable-upload says it
    return error


class Linger:
    """ASGI middleware: after an early answer, goes on reading for up to 5 s before it closes.

    Closing while the sender still sends makes the kernel answer with a reset, and that throws away the
    answer before the sender has read it (RFC 9112, section 9.6).
    """

    def __init__(self, app: ASGIApp, leaving: Leaving) -> None:
        self._app = app
        self._leaving = leaving

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] not in {"POST", "PUT", "PATCH"}:
            await self._app(scope, receive, send)
            return
        unread = True

        async def receive_and_note() -> Message:
            nonlocal unread
            message = await receive()
            unread = message["type"] == "http.request" and message.get("more_body", False)
            return message

        async def send_and_linger(message: Message) -> None:
            if message["type"] == "http.response.start" and unread:
                message["headers"] = [*message.get("headers", []), (b"connection", b"close")]
            if message["type"] == "http.response.body" and unread and not message.get("more_body", False):
                await send({**message, "more_body": True})
                await self._read_away(scope, receive)
                message = {"type": "http.response.body", "body": b""}
            await send(message)

        await self._app(scope, receive_and_note, send_and_linger)

    async def _read_away(self, scope: Scope, receive: Receive) -> None:
        """Until the body's end, the sender's, or 5 s; a sender that waits for `100 Continue` has sent nothing."""
        if any(name == b"expect" for name, _ in scope["headers"]):
            return
        with suppress(TimeoutError):
            async with self._leaving.limited(LINGER_SECONDS):
                while True:
                    message = await receive()
                    if message["type"] != "http.request" or not message.get("more_body", False):
                        return
