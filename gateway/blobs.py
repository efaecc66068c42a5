"""The gateway's side of the blob store: files in, artifacts out."""

import errno
from collections.abc import AsyncIterator
from pathlib import Path
from typing import TypedDict

import obstore
from obstore.exceptions import BaseError as StoreError
from obstore.store import LocalStore, ObjectStore

from contracts.blobs import artifact_key, artifacts_prefix, job_folder, source_key, upload_key
from contracts.events import encode
from contracts.upload import Upload, decode_upload
from gateway.errors import NotFoundError, NotReadyError, StoreFullError
from gateway.tally import Content, Tally

LOCAL_PART_BYTES = 1024 * 1024  # small enough to stay in a processor's cache on its way to the disk
REMOTE_PART_BYTES = 5 * 1024 * 1024  # the smallest part that S3 takes
CONCURRENT_PARTS = 2


class BlobMeta(TypedDict):
    name: str
    size: int


class Blobs:
    """Everything that the gateway does with the store. Writes are whole or not at all."""

    def __init__(self, store: ObjectStore) -> None:
        self._store = store
        self._part_bytes = LOCAL_PART_BYTES if isinstance(store, LocalStore) else REMOTE_PART_BYTES

    async def store_source(self, job_id: str, blocks: AsyncIterator[bytes]) -> Content:
        """Stream a file into the job's folder, and say what it was.

        When `blocks` raises, that error is raised here and nothing is stored.

        Raises:
            StoreFullError: no room is left.
            NotReadyError: the store cannot be written.
        """
        tally = Tally(blocks)
        try:
            await obstore.put_async(
                self._store,
                source_key(job_id),
                tally,
                chunk_size=self._part_bytes,
                max_concurrency=CONCURRENT_PARTS,
            )
        except (StoreError, OSError) as error:
            raise refusal_of(error) from error
        return await tally.content()

    async def store_upload(self, upload: Upload) -> None:
        """Keep the record of an accepted file."""
        try:
            await obstore.put_async(self._store, upload_key(upload.job.id), encode(upload))
        except (StoreError, OSError) as error:
            raise refusal_of(error) from error

    async def remove_job(self, job_id: str) -> None:
        """Remove all that stands in a job's folder, and the folder.

        Raises:
            StoreFullError, NotReadyError: the store did not let us.
        """
        try:
            async for batch in obstore.list(self._store, job_folder(job_id)):
                for blob in batch:
                    await obstore.delete_async(self._store, blob["path"])
            if isinstance(self._store, LocalStore):
                self._remove_empty_folder(job_id)
        except (StoreError, OSError) as error:
            raise refusal_of(error) from error

    async def find_upload(self, job_id: str) -> Upload:
        """The record of an accepted file.

        Raises:
            NotFoundError: no such job was accepted.
        """
        try:
            answer = await obstore.get_async(self._store, upload_key(job_id))
            return decode_upload(bytes(await answer.bytes_async()))
        except (FileNotFoundError, ValueError) as error:
            raise NotFoundError("no such job was accepted here, or it was removed") from error

    async def list_artifacts(self, job_id: str) -> list[BlobMeta]:
        """What the stages of a job have stored so far, by name."""
        listing = await obstore.list_with_delimiter_async(self._store, artifacts_prefix(job_id))
        found = [BlobMeta(name=blob["path"].rsplit("/", 1)[-1], size=blob["size"]) for blob in listing["objects"]]
        return sorted(found, key=lambda blob: blob["name"])

    async def open_artifact(self, job_id: str, name: str) -> "Artifact":
        """An artifact, to be streamed.

        Raises:
            NotFoundError: there is none of that name.
        """
        try:
            meta = await obstore.head_async(self._store, artifact_key(job_id, name))
        except (FileNotFoundError, ValueError) as error:
            raise NotFoundError("the job has no artifact of that name (yet)") from error
        return Artifact(self._store, meta["path"], meta["size"], meta["e_tag"])

    def _remove_empty_folder(self, job_id: str) -> None:
        assert isinstance(self._store, LocalStore)
        if self._store.prefix is not None:
            folder = Path(self._store.prefix) / job_folder(job_id)
            if folder.is_dir() and not any(folder.iterdir()):
                folder.rmdir()


class Artifact:
    """A stored artifact: its length, its validator, and its bytes."""

    def __init__(self, store: ObjectStore, key: str, size: int, e_tag: str | None) -> None:
        self._store = store
        self._key = key
        self.size = size
        self.e_tag = e_tag

    async def chunks(self, start: int, end: int) -> AsyncIterator[bytes]:
        """The bytes from `start` to before `end`."""
        if start >= end:
            return
        answer = await obstore.get_async(self._store, self._key, options={"range": (start, end)})
        async for chunk in answer.stream(min_chunk_size=256 * 1024):
            yield bytes(chunk)


def refusal_of(error: Exception) -> StoreFullError | NotReadyError:
    """What a fault of the store is to whoever sent the request."""
    full = getattr(error, "errno", None) == errno.ENOSPC or "os error 28" in str(error)
    if full:
        return StoreFullError("the blob store has no room left for this file; nothing of it was kept")
    return NotReadyError("the blob store cannot be written at the moment; nothing was kept, try again later")
