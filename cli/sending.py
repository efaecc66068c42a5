"""Files on their way, some at a time, each with its bar."""

import asyncio
from dataclasses import dataclass, field

from cli.faults import FAULTS, said
from cli.output import shown
from cli.upload_bars import Bar, upload_bars
from client import Stagecast, Upload
from contracts.job import Job

AT_A_TIME = 3


@dataclass
class Sending:
    """One call's files. One that cannot be sent is said, and does not keep the others from it."""

    stagecast: Stagecast
    uploads: list[Upload]
    _accepted: dict[str, Job] = field(default_factory=dict, init=False)  # by their uploads' keys

    @property
    def jobs(self) -> list[Job]:
        """What was accepted so far, in the files' order."""
        return [self._accepted[upload.key] for upload in self.uploads if upload.key in self._accepted]

    @property
    def is_complete(self) -> bool:
        return len(self._accepted) == len(self.uploads)

    async def run(self) -> None:
        """Send them all; broken off, it says which were not sent."""
        slots = asyncio.Semaphore(AT_A_TIME)
        with upload_bars() as bars:
            async with asyncio.TaskGroup() as tasks:
                for upload in self.uploads:
                    tasks.create_task(self._in_turn(slots, upload, bars.begin(upload.path)))

    async def _in_turn(self, slots: asyncio.Semaphore, upload: Upload, bar: Bar) -> None:
        name = shown(upload.path.name)
        try:
            async with slots:
                self._accepted[upload.key] = await self.stagecast.send(upload, sent=bar.sent, waiting=bar.waiting)
        except FAULTS as error:
            bar.failed(f"{name}: {said(error)[1]}")
        except asyncio.CancelledError:
            bar.failed(f"{name}: broken off, and not sent")
            raise
        else:
            bar.accepted()
