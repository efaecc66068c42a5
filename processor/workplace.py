"""What every stage has and says, whether it runs in a process of its own or in the processor's loop."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from threading import RLock
from time import monotonic
from typing import Any

from obstore.store import ObjectStore

from contracts.events import Artifact
from processor.stage_log import Logged, StageLog
from processor.utf8 import sendable

SECONDS_BETWEEN_PROGRESS = 0.1
CHUNK_BYTES = 1024 * 1024
MAX_MESSAGE_LENGTH = 500
# Every client gets them; past either bound the call raises.
MAX_FACTS_BYTES = 64 * 1024  # all of a stage's facts together
MAX_ARTIFACTS = 1_000  # a stage
FETCHED = ".artifacts"  # in the workdir: copies of artifacts, where the store is no folder


@dataclass(frozen=True)
class Progress:
    """Stage to service: how far the stage is, 0 to 1, and what it is doing."""

    fraction: float
    message: str


@dataclass(frozen=True)
class Saved:
    """Stage to service: an artifact is in the store."""

    artifact: Artifact


@dataclass(frozen=True)
class Found:
    """Stage to service: facts to add to the stage's."""

    facts: Mapping[str, Any]


@dataclass(frozen=True)
class Source:
    """The uploaded file, on this machine's disk. Read only."""

    path: Path
    name: str
    size: int
    sha256: str | None = None  # of the bytes that the gateway received; None where it did not say

    def chunks(self, size: int = CHUNK_BYTES) -> Iterator[bytes]:
        """Its bytes, in pieces of at most `size`."""
        with self.path.open("rb") as file:
            while chunk := file.read(size):
                yield chunk

    async def async_chunks(self, size: int = CHUNK_BYTES) -> AsyncIterator[bytes]:
        """The same for an `async def` stage: reading does not hold up the loop."""
        with await asyncio.to_thread(self.path.open, "rb") as file:
            while chunk := await asyncio.to_thread(file.read, size):
                yield chunk


Told = Progress | Saved | Found | Logged
Tell = Callable[[Told], None]


@dataclass
class Workplace:
    """Where a stage works, and how it is heard. Its methods may be called from several threads.

    `source` is the uploaded file, `workdir` an empty folder that is removed when the stage ends, `earlier` the
    facts of the stages before, by stage name, and `log` writes to the processor's log.
    """

    source: Source
    workdir: Path
    job_id: str
    store: ObjectStore
    tell: Tell
    earlier: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    attempt: int = 1
    log: StageLog = field(init=False)
    _telling: RLock = field(init=False, default_factory=RLock, repr=False)
    _latest: tuple[float, str] | None = field(init=False, default=None)
    _sent: tuple[float, str] | None = field(init=False, default=None)
    _next_progress: float = field(init=False, default=0.0)
    _found: dict[str, Any] = field(init=False, default_factory=dict)
    _saved: set[str] = field(init=False, default_factory=set)

    def __post_init__(self) -> None:
        self.log = StageLog(self._say)

    def progress(self, fraction: float, message: str = "") -> None:
        """Say how far the stage is: 0 to 1, and in a few words what it is doing.

        Call it as often as you like: ten a second are sent, the newest each time, and the last one always is.
        """
        self._latest = (float(fraction), message)
        if monotonic() >= self._next_progress:
            self.flush()

    def flush(self) -> None:
        """Send the latest progress if it was held back."""
        with self._telling:
            latest = self._latest
            if latest is None or latest is self._sent:
                return
            self._sent = latest
            self._next_progress = monotonic() + SECONDS_BETWEEN_PROGRESS
            fraction, message = latest
            self.tell(Progress(min(1.0, max(0.0, fraction)), sendable(str(message)[:MAX_MESSAGE_LENGTH])))

    def facts(self, **facts: Any) -> None:
        """Tell what was found out; it goes into `stage.completed`, to every client, and to later stages.

        Raises:
            TypeError, ValueError: it is no JSON (NaN is none), or the stage's facts are longer than 64 KB
                together: save them as an artifact.
        """
        with self._telling:
            length = len(json.dumps({**self._found, **facts}, allow_nan=False))
            if length > MAX_FACTS_BYTES:
                raise ValueError(f"facts of {length} bytes are too long for an event: save them as an artifact")
            found = json.loads(sendable(json.dumps(facts)))
            self._found.update(found)
            self.tell(Found(found))

    def _room_for(self, name: str) -> None:
        """Raises ValueError when the stage has saved as many artifacts as it may."""
        with self._telling:
            self._saved.add(name)
            if len(self._saved) > MAX_ARTIFACTS:
                self._saved.discard(name)
                raise ValueError(f"a stage may save {MAX_ARTIFACTS} artifacts: put more of them into an archive")

    def _say(self, message: Saved | Logged) -> None:
        with self._telling:
            self.tell(message)
