"""A body of which what came counts, however it ends."""

from collections.abc import AsyncIterator
from enum import Enum

from gateway.errors import SenderGoneError
from gateway.leaving import Leaving

SILENCE_SECONDS = 30.0  # a connection that was lost without a word would hold its upload for hours


class Cut(Enum):
    """Why a body ended before its end."""

    GONE = "the connection closed"
    SILENT = "nothing came for a while"
    LEAVING = "the gateway is being stopped"


class Inflow:
    """The pieces of a body until its end, or until it is cut: then `cut` says why."""

    def __init__(self, body: AsyncIterator[bytes], leaving: Leaving) -> None:
        self._body = body
        self._leaving = leaving
        self.cut: Cut | None = None

    def __aiter__(self) -> "Inflow":
        return self

    async def __anext__(self) -> bytes:
        if self.cut is None:
            try:
                async with self._leaving.limited(SILENCE_SECONDS):
                    return await anext(self._body)
            except TimeoutError:
                self.cut = Cut.LEAVING if self._leaving.has_begun else Cut.SILENT
            except SenderGoneError:
                self.cut = Cut.GONE
        raise StopAsyncIteration
