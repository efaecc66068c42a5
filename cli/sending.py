"""Files on their way, some at a time, each with its bar."""

import asyncio
import shlex
from dataclasses import dataclass, field

from cli.cookies import state_folder
from cli.faults import FAULTS, said
from cli.kept_place import KeptPlace, kept_place
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
    _on_hold: set[str] = field(default_factory=set, init=False)  # keys of those that the next `send` goes on with

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
                with kept_place(state_folder() / "uploads", self.stagecast.url, upload) as place:
                    await self._send(upload, place, bar)
        except FAULTS as error:
            bar.failed(f"{name}: {said(error)[1]}{self._how_to_go_on(upload)}")
        except asyncio.CancelledError:
            bar.failed(f"{name}: broken off, and not sent{self._how_to_go_on(upload)}")
            raise
        else:
            bar.accepted()

    async def _send(self, upload: Upload, place: KeptPlace, bar: Bar) -> None:
        """Send it; where that fails half-way, note that it can be gone on with."""
        try:
            self._accepted[upload.key] = await self.stagecast.send(
                upload, place=place, sent=bar.sent, waiting=bar.waiting
            )
        finally:
            if place.is_kept:
                self._on_hold.add(upload.key)

    def _how_to_go_on(self, upload: Upload) -> str:
        return f"; to go on where it was: {again(upload)}" if upload.key in self._on_hold else ""


def again(upload: Upload) -> str:
    """The command that sends this file alone."""
    options = f" --pipeline {shlex.quote(upload.pipeline)}" if upload.pipeline else ""
    return shown(f"stagecast send{options} {shlex.quote(str(upload.path))}")
