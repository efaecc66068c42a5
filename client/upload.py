"""A file to be sent, as it was when its sending began."""

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol
from uuid import uuid4

import anyio

from client.errors import ChangedError

CHUNK = 256 * 1024

Progress = Callable[[int], None]  # how many bytes of the file have been sent
Patience = Callable[[str, float], None]  # why it is tried again, in how many seconds


def ignore(*_: object) -> None:
    """Where nobody looks."""


@dataclass(frozen=True)
class Upload:
    """One file to be sent. Its key makes sending it again harmless: it stays one job."""

    path: Path
    pipeline: str | None = None
    key: str = field(default_factory=lambda: str(uuid4()))


class Place(Protocol):
    """Where the URL of an upload that is under way is remembered."""

    url: str | None

    def keep(self, url: str) -> None: ...

    def forget(self) -> None: ...


@dataclass
class Unkept:
    """A place that lasts as long as the program."""

    url: str | None = None

    def keep(self, url: str) -> None:
        self.url = url

    def forget(self) -> None:
        self.url = None


@dataclass(frozen=True)
class Source:
    """A file's bytes, and what tells that they are still the same."""

    path: Path
    size: int
    modified: int  # nanoseconds

    @classmethod
    def at(cls, path: Path) -> "Source":
        """Raises OSError: there is none, or it may not be looked at."""
        found = path.stat()
        return cls(path, found.st_size, found.st_mtime_ns)

    def require_unchanged(self) -> None:
        """Return if what is sent now goes with what was sent before.

        Raises:
            ChangedError: the file was written to.
            OSError: it is gone.
        """
        if Source.at(self.path) != self:
            raise ChangedError(f"{self.path} was changed while it was sent: send it again, from its beginning")

    async def blocks(self, sent: Progress, *, start: int = 0) -> AsyncIterator[bytes]:
        """Its bytes from `start` to the size it had: what is appended meanwhile was not promised."""
        done = start
        sent(done)
        async with await anyio.open_file(self.path, "rb") as file:
            await file.seek(start)
            while done < self.size and (block := await file.read(min(CHUNK, self.size - done))):
                yield block
                done += len(block)
                sent(done)
        if done < self.size:
            raise ChangedError(f"{self.path} became shorter while it was sent: send it again")
