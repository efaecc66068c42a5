"""What the function of a `def` stage is given. It lives in the stage's own process."""

from pathlib import Path

import obstore

from contracts.blobs import artifact_key
from contracts.events import Artifact
from processor.artifacts import Payload, fetch_artifact, put_artifact
from processor.workplace import FETCHED, Found, Progress, Saved, Source, Workplace

__all__ = ["Found", "Progress", "Saved", "Source", "Stage"]


class Stage(Workplace):
    """A `def` stage at work."""

    def save(self, name: str, payload: Payload) -> Artifact:
        """Store an artifact under `name`, whole or not at all: bytes, text (UTF-8), or a file's content.

        It can be downloaded at once. A later save of the same name replaces it.

        Raises:
            ValueError: no artifact has such a name (see `contracts.blobs.artifact_key`), or there are too many.
        """
        self._room_for(name)
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
