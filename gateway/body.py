"""A request's body, bounded; and a polite end for one that is answered before it was read."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress

from starlette.requests import ClientDisconnect, Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from gateway.errors import SenderGoneError, TooLargeError, TooSlowError
from gateway.leaving import Leaving

LINGER_SECONDS = 5.0


async def read_body(request: Request, *, limit: int, idle: float) -> AsyncIterator[bytes]:
    """The body as it comes.

    Raises:
        TooLargeError: it is, or says that it will be, longer than `limit` bytes.
        TooSlowError: nothing came for `idle` seconds.
        SenderGoneError: the connection closed before its end.
    """
    length = request.headers.get("content-length", "")
    if length.isdigit() and int(length) > limit:
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


def _too_large(limit: int) -> TooLargeError:
    return TooLargeError(f"the request is larger than {limit} bytes, the limit here; send less in one request")


class Linger:
    """ASGI middleware: after an early answer, goes on reading for up to 5 s before it closes.

    Closing while the sender still sends makes the kernel answer with a reset, and that throws away the
    answer before the sender has read it (RFC 9112, section 9.6).
    """

    def __init__(self, app: ASGIApp, leaving: Leaving) -> None:
        self._app = app
        self._leaving = leaving

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] not in {"POST", "PUT"}:
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
