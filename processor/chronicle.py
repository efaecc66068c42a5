"""Tells an attempt's events in their order, and keeps the job's record of them."""

import asyncio
import time
from dataclasses import dataclass, replace
from itertools import takewhile
from typing import Protocol

from contracts.events import Event, StageCompleted, StageProgressed
from contracts.record import JobRecord
from processor.folder import JobFolder
from processor.story import Story
from processor.workplace import Progress

HEARTBEAT_SECONDS = 5.0  # the contract says: a word at least every 10 s
COMMIT_SECONDS = 0.05  # so long a completed stage may wait for others, for one write of the record to keep them all


class Publish(Protocol):
    async def __call__(self, *events: Event) -> None:
        """Returns when the broker has them, in this order."""


@dataclass
class Word:
    """An event that is yet to be told, and the record once it is. It is ready when nothing can take it back."""

    event: Event
    after: JobRecord
    is_ready: bool


class Chronicle:
    """What must outlive this processor is recorded before it is told, so that nobody is told what may be lost.

    What waits to be told is bounded by who calls: two words a stage, and of its progress the newest only.
    """

    def __init__(
        self, story: Story, folder: JobFolder, publish: Publish, *, heartbeat_seconds: float = HEARTBEAT_SECONDS
    ) -> None:
        self.story = story
        self.folder = folder
        self.heartbeat_seconds = heartbeat_seconds
        self.has_outcome = False  # perhaps recorded, perhaps told
        self._publish = publish
        self._told = story.record
        self._untold: list[Word] = []
        self._leaving = 0  # so many of them are being recorded or told
        self._late_at = 0.0  # when the oldest of them should have been told
        self._telling: asyncio.Task[None] | None = None
        self._hurry = asyncio.Event()

    def note(self, event: Event) -> None:
        """For what may be forgotten: tell it soon. Raises as `catch_up`, of what was noted before."""
        self._add(event, is_ready=True)

    def note_progress(self, index: int, progress: Progress) -> None:
        """As `note`; what a stage has said before and nobody was told yet is not told any more."""
        if len(self._untold) > self._leaving and isinstance(self._untold[-1].event, StageProgressed):
            self._untold.pop()
            self.story.record = self._untold[-1].after if self._untold else self._told
        self.note(self.story.stage_progressed(index, progress))

    def note_kept(self, event: Event) -> None:
        """As `note`, but recorded before it is told; both within a moment, together with what is noted meanwhile."""
        self._add(event, is_ready=False)

    async def keep(self, event: Event) -> None:
        """Record now, then tell it and all before it; returns when the broker has it. Raises as `catch_up`."""
        self.has_outcome = self.story.after(event).outcome is not None
        self.note_kept(event)
        await self.catch_up()

    async def wait_if_late(self) -> None:
        """Before more is begun: as `catch_up`, unless all that waits is young. So no store or broker is outrun."""
        if self._untold and time.monotonic() > self._late_at:
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
        if any(not word.is_ready for word in self._untold):
            await self._record()

    async def close(self) -> None:
        """Stop telling."""
        telling, self._telling, self._leaving = self._telling, None, 0
        if telling is not None:
            telling.cancel()
            await asyncio.gather(telling, return_exceptions=True)

    def _add(self, event: Event, *, is_ready: bool) -> None:
        if self._telling is not None and self._telling.done():
            self._telling.result()
            self._telling = None
        if not self._untold:
            self._late_at = time.monotonic() + COMMIT_SECONDS
        self.story.note(event)
        self._untold.append(Word(event, self.story.record, is_ready))
        if self._telling is None:
            self._hurry.clear()
            self._telling = asyncio.create_task(self._tell_all())

    async def _tell_all(self) -> None:
        while self._untold:
            if not self._untold[0].is_ready:
                await self._checkpoint()
            ready = list(takewhile(lambda word: word.is_ready, self._untold))
            self._leaving = len(ready)
            await self._publish(*(word.event for word in ready))
            del self._untold[: len(ready)]
            self._told, self._leaving = ready[-1].after, 0
            self._late_at = time.monotonic() + COMMIT_SECONDS

    async def _checkpoint(self) -> None:
        """One for all that completes within a moment. While the store lets us wait, heartbeats go out."""
        try:
            async with asyncio.timeout(COMMIT_SECONDS):
                await self._hurry.wait()
        except TimeoutError:
            pass
        while not self._untold[0].is_ready:
            try:
                async with asyncio.timeout(self.heartbeat_seconds) as deadline:
                    await self._record()
            except TimeoutError:
                if not deadline.expired():
                    raise
                await self._say_alive()

    async def _record(self) -> None:
        words = tuple(self._untold)
        self._leaving = len(words)
        await self.folder.write_record(words[-1].after)
        for word in words:
            word.is_ready = True

    async def _say_alive(self) -> None:
        """The word of a stage whose completion waits; so that no number is missing, what waits is numbered after it."""
        completed = self._untold[0].event
        if not isinstance(completed, StageCompleted):
            return
        index = completed.data.stage.index
        story = replace(self.story, record=self._told)
        stage = story.record.stages[index]
        alive = story.stage_progressed(index, Progress(stage.progress, stage.message))
        story.note(alive)
        self._told = story.record
        for word in self._untold:
            word.event = _one_later(word.event)
            story.note(word.event)
            word.after = story.record
        self.story.record = story.record
        await self._publish(alive)


def _one_later(event: Event) -> Event:
    data = event.data.model_copy(update={"sequence": event.data.sequence + 1})
    return event.model_copy(update={"data": data})
