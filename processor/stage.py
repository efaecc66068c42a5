"""What a stage's function is given. It lives in the stage's own process and tells the service by messages."""

import json
import mimetypes
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import obstore
from obstore.store import ObjectStore

from contracts.blobs import artifact_key
from contracts.events import Artifact

SECONDS_BETWEEN_PROGRESS = 0.1
CHUNK_BYTES = 1024 * 1024
MAX_MESSAGE_LENGTH = 500
MAX_FACTS_BYTES = 64 * 1024


@dataclass(frozen=True)
class Progress:
    """Child to service: how far the stage is, 0 to 1, and what it is doing."""

    fraction: float
    message: str


@dataclass(frozen=True)
class Saved:
    """Child to service: an artifact is in the store."""

    artifact: Artifact


@dataclass(frozen=True)
class Found:
    """Child to service: facts to add to the stage's."""

    facts: Mapping[str, Any]


@dataclass(frozen=True)
class Source:
    """The uploaded file, on this machine's disk. Read only."""

    path: Path
    name: str
    size: int

    def chunks(self, size: int = CHUNK_BYTES) -> Iterator[bytes]:
        """Its bytes, in pieces of at most `size`."""
        with self.path.open("rb") as file:
            while chunk := file.read(size):
                yield chunk


Tell = Callable[[Progress | Saved | Found], None]


@dataclass
class Stage:
    """A stage at work.

    `source` is the uploaded file, `workdir` an empty folder that is removed when the stage ends, and
    `earlier` the facts of the stages before, by stage name.
    """

    source: Source
    workdir: Path
    job_id: str
    store: ObjectStore
    tell: Tell
    earlier: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    _unsent: Progress | None = None
    _next_progress: float = 0.0

    def progress(self, fraction: float, message: str = "") -> None:
        """Say how far the stage is: 0 to 1, and in a few words what it is doing.

        Call it as often as you like: at most ten a second are sent, and the last one always is.
        """
        self._unsent = Progress(min(1.0, max(0.0, fraction)), sendable(message)[:MAX_MESSAGE_LENGTH])
        now = time.monotonic()
        if now >= self._next_progress:
            self._next_progress = now + SECONDS_BETWEEN_PROGRESS
            self.flush()

    def flush(self) -> None:
        """Send the latest progress if it was held back."""
        if self._unsent is not None:
            self.tell(self._unsent)
            self._unsent = None

    def save(self, name: str, payload: bytes | str | Path) -> Artifact:
        """Store an artifact under `name`, whole or not at all: bytes, text (UTF-8), or a file's content.

        It can be downloaded at once. A later save of the same name replaces it.

        Raises:
            ValueError: no artifact has such a name (see `contracts.blobs.artifact_key`).
        """
        content = payload.encode() if isinstance(payload, str) else payload
        size = content.stat().st_size if isinstance(content, Path) else len(content)
        obstore.put(self.store, artifact_key(self.job_id, name), content)
        artifact = Artifact(name=name, size=size, media_type=media_type_of(name))
        self.tell(Saved(artifact))
        return artifact

    def read(self, name: str) -> bytes:
        """The bytes of an artifact that this or an earlier stage saved.

        Raises:
            FileNotFoundError: no stage saved one of that name.
        """
        return bytes(obstore.get(self.store, artifact_key(self.job_id, name)).bytes())

    def facts(self, **facts: Any) -> None:
        """Tell what was found out; it goes into `stage.completed`, to every client, and to later stages.

        Raises:
            TypeError, ValueError: it is no JSON (NaN is none), or longer than 64 KB: save it as an artifact.
        """
        text = json.dumps(facts, allow_nan=False)
        if len(text) > MAX_FACTS_BYTES:
            raise ValueError(f"facts of {len(text)} bytes are too long for an event: save them as an artifact")
        self.tell(Found(json.loads(sendable(text))))


def sendable(text: str) -> str:
    """Text that can be UTF-8: names of files may hold lone surrogates, which cannot."""
    return text.encode("utf-8", "replace").decode()


def media_type_of(name: str) -> str:
    """By the name's ending; `application/octet-stream` when that says nothing."""
    guess, encoding = mimetypes.guess_type(name)
    if encoding is not None:
        return {"gzip": "application/gzip", "zstd": "application/zstd"}.get(encoding, "application/octet-stream")
    return guess or {".zst": "application/zstd"}.get(Path(name).suffix, "application/octet-stream")
