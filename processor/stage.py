"""What the function of a `def` stage is given. It lives in the stage's own process."""

from contextlib import suppress
from pathlib import Path

import obstore

from contracts.blobs import artifact_key, attempt_key
from contracts.events import Artifact
from processor.artifacts import Payload, fetch_artifact, put_artifact
from processor.errors import SupersededError
from processor.workplace import FETCHED, Found, Progress, Saved, Source, Workplace

__all__ = ["Found", "Progress", "Saved", "Source", "Stage"]


class Stage(Workplace):
    """A `def` stage at work."""

    def save(self, name: str, payload: Payload) -> Artifact:
        """Store an artifact under `name`, whole or not at all: bytes, text (UTF-8), or a file's content.

        It can be downloaded at once. A later save of the same name replaces it.

        Raises:
            ValueError: no artifact has such a name (see `contracts.blobs.artifact_key`), or there are too many.
            SupersededError: a later attempt has begun elsewhere; what it saves stays.
        """
        self._room_for(name)
        self._stop_if_overtaken()
        artifact = put_artifact(self.store, self.job_id, name, payload)
        self._say(Saved(artifact))
        return artifact

    def read(self, name: str) -> bytes:
        """The bytes of an artifact that this or an earlier stage saved.

        Raises:
            FileNotFoundError: no stage saved one of that name.
        """
        return bytes(obstore.get(self.store, artifact_key(self.job_id, name)).bytes())

    def artifact_path(self, name: str) -> Path:
        """The same as a file, to be read only; for what is large, and for libraries that want a path.

        Raises:
            FileNotFoundError: no stage saved one of that name.
        """
        return fetch_artifact(self.store, self.job_id, name, self.workdir / FETCHED)

    def _stop_if_overtaken(self) -> None:
        """A processor that was frozen, or parted from its broker, learns late that its job is somebody else's."""
        with suppress(FileNotFoundError):
            obstore.head(self.store, attempt_key(self.job_id, self.attempt + 1))
            raise SupersededError(f"attempt {self.attempt} was overtaken by a later one")
