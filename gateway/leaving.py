"""The end of requests that would outlast the gateway."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

PATIENCE_SECONDS = 0.5  # what open uploads get to end by themselves
LAST_SECONDS = 0.5  # what anything gets that begins after that


class Leaving:
    """Ends what is open when the gateway is asked to stop, early enough for an answer before it is cut."""

    def __init__(self) -> None:
        self._open: set[asyncio.Timeout] = set()
        self._begun = False

    @property
    def has_begun(self) -> bool:
        """Nothing new is worth beginning."""
        return self._begun

    @asynccontextmanager
    async def limited(self, seconds: float | None = None) -> AsyncIterator[asyncio.Timeout]:
        """Bound the block: by `seconds`, if given, and by the gateway's end. The block may put off the first.

        Raises:
            TimeoutError: the block was ended.
        """
        if self._begun:
            seconds = LAST_SECONDS
        async with asyncio.timeout(seconds) as limit:
            self._open.add(limit)
            try:
                yield limit
            finally:
                self._open.discard(limit)

    async def farewell(self) -> None:
        """Wait a moment for what is open, then end it."""
        if self._open:
            await asyncio.sleep(PATIENCE_SECONDS)
        self._begun = True
        for limit in self._open:
            limit.reschedule(asyncio.get_running_loop().time())
