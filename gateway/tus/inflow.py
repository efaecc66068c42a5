"""A body of which what came counts, however it ends."""

from collections.abc import AsyncIterator
from enum import Enum

from gateway.body import BLOCK_BYTES
from gateway.errors import SenderGoneError, TooSlowError
from gateway.leaving import Leaving


class Cut(Enum):
    """Why a body ended before its end."""

    GONE = "the connection closed"
    SILENT = "nothing came for a while"
    LEAVING = "the gateway is being stopped"


class Inflow:
    """A body in blocks of 1 MiB, the last one shorter, until its end or until it is cut: then `cut` says why."""

    def __init__(self, body: AsyncIterator[bytes], leaving: Leaving) -> None:
        self._body = body
        self._leaving = leaving
        self._is_over = False
        self.cut: Cut | None = None

    def __aiter__(self) -> "Inflow":
        return self

    async def __anext__(self) -> bytes:
        gathered: list[bytes] = []
        if not self._is_over:
            try:
                async with self._leaving.limited():
                    await self._gather(gathered)
            except TimeoutError:
                self._end(Cut.LEAVING)
            except TooSlowError:
                self._end(Cut.SILENT)
            except SenderGoneError:
                self._end(Cut.GONE)
        if not gathered:
            raise StopAsyncIteration
        return b"".join(gathered)

    async def _gather(self, gathered: list[bytes]) -> None:
        size = 0
        while size < BLOCK_BYTES:
            piece = await anext(self._body, None)
            if piece is None:
                self._is_over = True
                return
            gathered.append(piece)
            size += len(piece)
            if self._leaving.has_begun:  # else each further block would get its own last moment
                self._end(Cut.LEAVING)
                return

    def _end(self, cut: Cut) -> None:
        self._is_over = True
        self.cut = cut
