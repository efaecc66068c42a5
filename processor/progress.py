"""A stage's progress and its heartbeats, told beside it: a broker that takes nothing for a while holds up no stage."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

from processor.workplace import Progress

Tell = Callable[[Progress], Awaitable[None]]


class ProgressTeller:
    """Tells one word at a time. Of what is said meanwhile the newest waits, the others are dropped."""

    def __init__(self, tell: Tell) -> None:
        self._tell = tell
        self._newest: Progress | None = None
        self._telling: asyncio.Task[None] | None = None

    def say(self, progress: Progress) -> None:
        """Tell it as soon as what is being told is told."""
        self._newest = progress
        if self._telling is not None and self._telling.done():
            self._telling.result()
            self._telling = None
        if self._telling is None:
            self._telling = asyncio.create_task(self._tell_all())

    async def finish(self) -> None:
        """Wait until all is told."""
        if self._telling is not None:
            await self._telling

    async def drop(self) -> None:
        """Tell nothing more."""
        if self._telling is not None:
            self._telling.cancel()
            await asyncio.wait({self._telling})

    async def _tell_all(self) -> None:
        while (progress := self._newest) is not None:
            self._newest = None
            await self._tell(progress)


@asynccontextmanager
async def progress_teller(tell: Tell) -> AsyncIterator[ProgressTeller]:
    """At the end of the block all is told, also when the stage failed; when it is cancelled, nothing more is."""
    teller = ProgressTeller(tell)
    try:
        yield teller
    except Exception:
        await teller.finish()
        raise
    else:
        await teller.finish()
    finally:
        await teller.drop()
