"""Where uploads that were broken off are remembered, so that the same `send` goes on with them.

One small file for each, named by what was sent and where to; locked by who is sending, so that of two who send the same
file at once each makes its own job. What cannot be kept costs going on, and nothing else.
"""

import fcntl
import hashlib
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from client.upload import Source, Upload

MOST = 100  # uploads; past it the oldest is forgotten, and would be sent from its beginning
LONGEST = 4096  # bytes of a URL


@dataclass
class KeptPlace:
    """One upload's; a `client.upload.Place`."""

    path: Path
    gateway: str
    url: str | None = field(default=None, init=False)
    _lock: int | None = field(default=None, init=False)

    @property
    def is_kept(self) -> bool:
        """Whether the next `send` of the same file will go on with it."""
        return self.url is not None and self._lock is not None

    def open(self) -> None:
        """Read what is there, unless somebody else is at it."""
        with suppress(OSError):
            self._take(os.O_RDWR)
        if self._lock is not None:
            url = os.pread(self._lock, LONGEST, 0).decode(errors="replace")
            self.url = url if url.startswith(f"{self.gateway}/files/") else None

    def keep(self, url: str) -> None:
        self.url = url
        with suppress(OSError):
            self.path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            self._take(os.O_RDWR | os.O_CREAT)
            if self._lock is not None:
                os.ftruncate(self._lock, 0)
                os.pwrite(self._lock, url.encode(), 0)
            forget_oldest(self.path.parent)

    def forget(self) -> None:
        self.url = None
        if self._lock is not None:
            with suppress(OSError):
                os.ftruncate(self._lock, 0)  # for who has opened it already
                self.path.unlink()
            self.close()

    def close(self) -> None:
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None

    def _take(self, flags: int) -> None:
        """Hold the file's lock; the system lets go of it when we are killed."""
        if self._lock is not None:
            return
        file = os.open(self.path, flags, 0o600)
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            os.close(file)
            raise
        self._lock = file


@contextmanager
def kept_place(folder: Path, gateway: str, upload: Upload) -> Iterator[KeptPlace]:
    """This upload's place, as long as it is under way.

    Raises:
        OSError: the file that is to be sent cannot be looked at.
    """
    place = KeptPlace(folder / name_of(gateway, Source.at(upload.path), upload.pipeline), gateway)
    place.open()
    try:
        yield place
    finally:
        place.close()


def name_of(gateway: str, source: Source, pipeline: str | None) -> str:
    """Another for a file that was changed, another pipeline, another gateway."""
    told = [gateway, str(source.path.resolve()), source.size, source.modified, pipeline]
    return hashlib.sha256(json.dumps(told).encode()).hexdigest()


def forget_oldest(folder: Path) -> None:
    """Keep no more than `MOST`."""
    by_age = sorted(folder.iterdir(), key=lambda path: path.stat().st_mtime_ns, reverse=True)
    for path in by_age[MOST:]:
        path.unlink(missing_ok=True)
