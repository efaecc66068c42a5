"""HTTP over one connection: uvicorn's protocol, within our responses' reach, and within bounds."""

from asyncio import BaseTransport, TimerHandle
from collections.abc import Callable

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

CONNECTION = "stagecast.connection"
MAX_HEAD_BYTES = 32 * 1024

LATE = b"HTTP/1.1 408 Request Timeout\r\nconnection: close\r\ncontent-length: 0\r\n\r\n"
TOO_LONG = b"HTTP/1.1 431 Request Header Fields Too Large\r\nconnection: close\r\ncontent-length: 0\r\n\r\n"


class Protocol(HttpToolsProtocol):
    """uvicorn's, without its two copies of every piece of a body.

    `scope["extensions"][CONNECTION]` is the protocol itself, for a response that writes on its own. Such a one sets
    `when_writable`, and looks itself after clients that take nothing.

    uvicorn waits for ever for a head, however long, and for a client to take an answer; behind no proxy, that is all
    that somebody needs to use up its memory and its connections.
    """

    head_seconds = 10.0  # from a connection, or the end of an answer, to the end of the next request's head
    stalled_seconds = 120.0  # for how long a client may take nothing of an answer
    when_writable: Callable[[], None] | None = None  # called when a client that was slow takes bytes again
    _head_timer: TimerHandle | None = None
    _stall_timer: TimerHandle | None = None
    _unread = 0  # bytes since the last that made sense: a body's, or the end of a head or message
    _is_too_long = False

    def connection_made(self, transport: BaseTransport) -> None:
        super().connection_made(transport)  # type: ignore[arg-type]
        self._expect_head()

    def connection_lost(self, exc: Exception | None) -> None:
        self._stop_timers()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        self._unread += len(data)
        super().data_received(data)
        if self._unread > MAX_HEAD_BYTES and not self.transport.is_closing():
            self._refuse(TOO_LONG)

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self.scope["extensions"] = {CONNECTION: self}  # type: ignore[dict-item]

    def on_headers_complete(self) -> None:
        if len(self.url) + sum(len(name) + len(value) for name, value in self.headers) > MAX_HEAD_BYTES:
            self._is_too_long = True
            raise ValueError("the head is too long")  # the parser gives up, and `send_400_response` answers
        self._stop_head_timer()
        self._unread = 0
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        self._unread = 0
        if not self.cycle.body:
            self.cycle.body = b""  # type: ignore[assignment]  # to nothing, bytes are added without a copy
        super().on_body(body)

    def on_message_complete(self) -> None:
        self._unread = 0
        super().on_message_complete()

    def on_response_complete(self) -> None:
        if not self.pipeline:
            self._expect_head()
        super().on_response_complete()

    def send_400_response(self, msg: str) -> None:
        if self._is_too_long:
            self._refuse(TOO_LONG)
        else:
            super().send_400_response(msg)

    def pause_writing(self) -> None:
        super().pause_writing()
        if self._stall_timer is None:
            self._stall_timer = self.loop.call_later(self.stalled_seconds, self._stalled)

    def resume_writing(self) -> None:
        super().resume_writing()
        if self._stall_timer is not None:
            self._stall_timer.cancel()
            self._stall_timer = None
        if self.when_writable is not None:
            self.when_writable()

    def _expect_head(self) -> None:
        self._stop_head_timer()
        if not self.transport.is_closing():
            self._head_timer = self.loop.call_later(self.head_seconds, self._head_is_late)

    def _head_is_late(self) -> None:
        self._refuse(LATE if self._unread else b"")

    def _stalled(self) -> None:
        if self.when_writable is None:
            self.transport.abort()

    def _refuse(self, answer: bytes) -> None:
        """Close, with an answer if no other is on its way."""
        if self.cycle is None or self.cycle.response_complete:
            self.transport.write(answer)
        self.transport.close()

    def _stop_timers(self) -> None:
        self._stop_head_timer()
        if self._stall_timer is not None:
            self._stall_timer.cancel()
            self._stall_timer = None

    def _stop_head_timer(self) -> None:
        if self._head_timer is not None:
            self._head_timer.cancel()
            self._head_timer = None
