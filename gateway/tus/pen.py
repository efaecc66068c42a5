"""Writes a file's blocks in order, in other threads, while the next ones arrive."""

import asyncio
import os
from collections import deque
from collections.abc import Callable
from functools import partial
from io import FileIO
from typing import TYPE_CHECKING

from gateway.tus.strand import Strand

if TYPE_CHECKING:
    from hashlib import _Hash as Hash

AHEAD = 2  # blocks that wait while one is written; past that, whoever brings them waits


class Pen:
    """What it was given is done in order. After a fault nothing more is done, so what counts is never ahead.

    Writing and hashing are one after the other: each change of threads costs more than it would gain.
    """

    def __init__(
        self, strand: Strand, file: FileIO, hash_: "Hash | None", count: Callable[[int], None], *, at: int
    ) -> None:
        """`count` says durably how many bytes count; what stands behind `at` does not, and goes."""
        self._strand = strand
        self._file = file
        self._hash = hash_
        self._count = count
        self._jobs: deque[asyncio.Future[None]] = deque()
        self._has_failed = False
        self.end = self.counted = at
        self._do(self._begin, at)

    async def write(self, block: bytes) -> None:
        """Raises OSError: the file does not take it, or did not take one before."""
        if len(self._jobs) > AHEAD:
            await self._jobs.popleft()
        self._do(self._write, block)
        self.end += len(block)

    def count(self) -> None:
        """Let all that was written so far count, once it stands there."""
        self._do(self._count_to, self.end)

    async def finish(self) -> int:
        """Let all count, and give its end; raises as `write`."""
        self.count()
        while self._jobs:
            await self._jobs.popleft()
        return self.end

    async def lay_down(self) -> None:
        """Return when nothing is being written any more; what does not count takes no room then."""
        await self._strand.do(lambda: None)  # behind all that is still to be done
        for job in self._jobs:
            job.exception()  # it was raised before, or what was raised before is the reason
        if self.end != self.counted:
            cut(self._file, self.counted)

    def _do(self, what: Callable[..., None], *given: object) -> None:
        self._jobs.append(self._strand.do(partial(self._unless_failed, what, *given)))

    def _unless_failed(self, what: Callable[..., None], *given: object) -> None:
        if self._has_failed:
            raise OSError("an earlier block was not written")
        try:
            what(*given)
        except BaseException:
            self._has_failed = True
            raise

    def _begin(self, at: int) -> None:
        cut(self._file, at)
        self._file.seek(at)

    def _write(self, block: bytes) -> None:
        view = memoryview(block)
        while view:
            view = view[self._file.write(view) :]
        if self._hash is not None:
            self._hash.update(block)

    def _count_to(self, end: int) -> None:
        self._count(end)
        self.counted = end


def cut(file: FileIO, at: int) -> None:
    """Let a file end there, if it does not: ext4 writes to the disk, at its closing, a file that was cut at 0."""
    if os.fstat(file.fileno()).st_size != at:
        file.truncate(at)
