"""The connection behind a response that has begun, written without waiting.

An ASGI `send` a client would cost a task switch, a copy of the body and a second one with its chunk's frame. Here one
task writes to all clients, and the same bytes go to all who are to get the same (docs/adr/0018).
"""

from collections.abc import Callable

from starlette.types import Scope

from contracts.protocol import CONNECTION, Protocol
from notifier.chunks import LAST_CHUNK


class Connection:
    """A client's connection, after the head of a chunked response was sent over it."""

    __slots__ = ("_protocol",)

    def __init__(self, scope: Scope) -> None:
        self._protocol: Protocol = scope["extensions"][CONNECTION]

    @property
    def is_full(self) -> bool:
        """More than 64 KB wait for the client to take them: write no more, until it says that it has room."""
        return self._protocol.flow.write_paused

    def write(self, chunks: bytes) -> None:
        """Whole chunks; they are kept until the client takes them."""
        if not self._protocol.transport.is_closing():
            self._protocol.transport.write(chunks)

    def finish(self) -> None:
        """End the body after what was written, and close."""
        self.write(LAST_CHUNK)
        self._protocol.transport.close()

    def abort(self) -> None:
        """Close at once; what the client has not taken is lost."""
        self._protocol.transport.abort()

    def when_it_has_room(self, call: Callable[[], None] | None) -> None:
        """What to call when a client that was full takes bytes again."""
        self._protocol.when_writable = call
