"""What the function of an `async def` stage is given. It lives in the processor's own event loop."""

from contextlib import suppress
from pathlib import Path

import obstore

from contracts.blobs import artifact_key, attempt_key
from contracts.events import Artifact
from processor.artifacts import Payload, fetch_artifact_async, put_artifact_async
from processor.errors import SupersededError
from processor.workplace import FETCHED, Saved, Workplace


class AsyncStage(Workplace):
    """An `async def` stage at work. What reads and writes is awaited; the rest is as in `Stage`."""

    _is_over = False

    async def save(self, name: str, payload: Payload) -> Artifact:
        """As `Stage.save`. Cancelled, it stores nothing.

        Raises:
            ValueError, SupersededError: as `Stage.save`.
            RuntimeError: the stage was ended, and should have stopped.
        """
        if self._is_over:
            raise RuntimeError("this stage was ended: it must not go on")
        self._room_for(name)
        await self._stop_if_overtaken()
        artifact = await put_artifact_async(self.store, self.job_id, name, payload)
        self._say(Saved(artifact))
        return artifact

    async def read(self, name: str) -> bytes:
        """As `Stage.read`."""
        answer = await obstore.get_async(self.store, artifact_key(self.job_id, name))
        return bytes(await answer.bytes_async())

    async def artifact_path(self, name: str) -> Path:
        """As `Stage.artifact_path`."""
        return await fetch_artifact_async(self.store, self.job_id, name, self.workdir / FETCHED)

    def close(self) -> None:
        """From now on nothing that it says is heard."""
        self._is_over = True
        self.tell = lambda _: None

    async def _stop_if_overtaken(self) -> None:
        with suppress(FileNotFoundError):
            await obstore.head_async(self.store, attempt_key(self.job_id, self.attempt + 1))
            raise SupersededError(f"attempt {self.attempt} was overtaken by a later one")
