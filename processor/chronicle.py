"""Tells an attempt's events, and keeps the job's record of them."""

from collections.abc import Awaitable, Callable

from contracts.events import Event
from processor.folder import JobFolder
from processor.story import Story

Publish = Callable[[Event], Awaitable[None]]


class Chronicle:
    """What must outlive this processor is recorded before it is told, so that nobody is told what may be lost."""

    def __init__(self, story: Story, folder: JobFolder, publish: Publish) -> None:
        self.story = story
        self.folder = folder
        self.has_outcome = False  # perhaps recorded, perhaps told
        self._publish = publish

    async def tell(self, event: Event) -> None:
        """For what may be forgotten; returns when the broker has it."""
        self.story.note(event)
        await self._publish(event)

    async def record(self, event: Event) -> None:
        """Keep the record as it will be once the event is told. Cancelled, it may be called again.

        Raises:
            SupersededError: a later attempt has begun.
        """
        after = self.story.after(event)
        self.has_outcome = after.outcome is not None
        await self.folder.write_record(after)

    async def keep(self, event: Event) -> None:
        """Record, then tell; raises as `record`."""
        await self.record(event)
        await self.tell(event)
