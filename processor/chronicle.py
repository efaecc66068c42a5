"""Tells an attempt's events in their order, and keeps the job's record of them."""

import asyncio
import time
from contextlib import suppress
from typing import Protocol

from contracts.events import Event
from processor.folder import JobFolder
from processor.stage import Progress
from processor.story import Story
from processor.words import Words

HEARTBEAT_SECONDS = 5.0  # the contract says: a word at least every 10 s
COMMIT_SECONDS = 0.05  # so long a completed stage may wait for others, for one write of the record to keep them all


class Publish(Protocol):
    async def __call__(self, *events: Event) -> None:
        """Returns when the broker has them, in this order."""


class Chronicle:
    """What must outlive this processor is recorded before it is told, so that nobody is told what may be lost."""

    def __init__(
        self, story: Story, folder: JobFolder, publish: Publish, *, heartbeat_seconds: float = HEARTBEAT_SECONDS
    ) -> None:
        self.story = story
        self.folder = folder
        self.heartbeat_seconds = heartbeat_seconds
        self.has_outcome = False  # perhaps recorded, perhaps told
        self._publish = publish
        self._words = Words(story)
        self._late_at = 0.0  # when the oldest of them should have been told
        self._telling: asyncio.Task[None] | None = None
        self._hurry = asyncio.Event()

    async def begin(self, event: Event) -> None:
        """Before any stage runs: record it, and tell it soon. Raises as `catch_up`."""
        self._add(event, is_ready=False)
        await self.save()
        self._tell_soon()

    def note(self, event: Event) -> None:
        """For what may be forgotten: tell it soon. Raises as `catch_up`, of what was noted before."""
        self._add(event, is_ready=True)
        self._tell_soon()

    def note_progress(self, index: int, progress: Progress) -> None:
        """As `note`; what a stage has said before and nobody was told yet is not told any more."""
        self._words.forget_progress()
        self.note(self.story.stage_progressed(index, progress))

    def note_kept(self, event: Event) -> None:
        """As `note`, but recorded before it is told; both within a moment, together with what is noted meanwhile."""
        self._add(event, is_ready=False)
        self._tell_soon()

    async def keep(self, event: Event) -> None:
        """Record now, then tell it and all before it; returns when the broker has it. Raises as `catch_up`."""
        self.has_outcome = self.story.after(event).outcome is not None
        self.note_kept(event)
        await self.catch_up()

    async def wait_if_late(self) -> None:
        """Before more is begun: as `catch_up`, unless all that waits is young. So no store or broker is outrun."""
        if self._words and time.monotonic() > self._late_at:
            await self.catch_up()

    async def catch_up(self) -> None:
        """Tell all that is noted, without delay.

        Raises:
            SupersededError: a later attempt has begun; nothing more is told.
        """
        self._hurry.set()
        if self._telling is not None:
            await asyncio.wait({self._telling})
            self._telling.result()

    async def save(self) -> None:
        """Record what is noted, and leave what is untold to what is noted next. Raises as `catch_up`."""
        await self.close()
        if not self._words.is_recorded:
            await self._record()

    async def close(self) -> None:
        """Stop telling."""
        telling, self._telling = self._telling, None
        self._words.stop()
        if telling is not None:
            telling.cancel()
            await asyncio.gather(telling, return_exceptions=True)

    def _add(self, event: Event, *, is_ready: bool) -> None:
        if self._telling is not None and self._telling.done():
            self._telling.result()
        if not self._words:
            self._late_at = time.monotonic() + COMMIT_SECONDS
        self._words.add(event, is_ready=is_ready)

    def _tell_soon(self) -> None:
        if self._telling is None or self._telling.done():
            self._hurry.clear()
            self._telling = asyncio.create_task(self._tell_all())

    async def _tell_all(self) -> None:
        while self._words:
            if not self._words.is_recorded and (self._hurry.is_set() or not self._words.can_leave):
                await self._checkpoint()
            await self._tell_ready()

    async def _tell_ready(self) -> None:
        if self._words.can_leave:
            await self._publish(*self._words.begin_telling())
            self._words.told()
            self._late_at = time.monotonic() + COMMIT_SECONDS

    async def _checkpoint(self) -> None:
        """One for all that completes within a moment. While the store lets us wait, heartbeats go out."""
        with suppress(TimeoutError):
            async with asyncio.timeout(COMMIT_SECONDS):
                await self._hurry.wait()
        while not await self._has_recorded():
            await self._tell_ready()
            if (alive := self._words.alive()) is not None:
                await self._publish(alive)

    async def _has_recorded(self) -> bool:
        """Whether it could be done before a heartbeat is due."""
        try:
            async with asyncio.timeout(self.heartbeat_seconds) as deadline:
                await self._record()
        except TimeoutError:
            if not deadline.expired():
                raise
            return False
        return True

    async def _record(self) -> None:
        words = self._words.begin_recording()
        await self.folder.write_record(words[-1].after)
        for word in words:
            word.is_ready = True
