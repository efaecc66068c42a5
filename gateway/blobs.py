"""The gateway's side of the blob store: files in, artifacts out."""

import asyncio
import errno
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Literal, TypedDict

import obstore
from obstore.exceptions import BaseError as StoreError
from obstore.store import AzureStore, GCSStore, LocalStore, ObjectStore, S3Store

from contracts.blobs import artifact_key, artifacts_prefix, job_folder, source_key, upload_key
from contracts.events import encode
from contracts.upload import Upload, decode_upload
from contracts.whole import put_whole
from gateway.errors import NotFoundError, NotReadyError, StoreFullError
from gateway.tally import Content, Tally

REMOVAL_SECONDS = 10.0  # somebody waits for an answer: what takes longer is left to `stagecast prune`
LINK_LIFETIME = timedelta(minutes=5)  # of a link to an artifact: to begin with, not to end with


class BlobMeta(TypedDict):
    name: str
    size: int


class Blobs:
    """Everything that the gateway does with the store. Writes are whole or not at all."""

    def __init__(self, store: ObjectStore, *, largest: int, redirects: bool = False) -> None:
        """`largest` is the largest file that may come, in bytes; `redirects`, that artifacts are fetched by links."""
        self._store = store
        self.largest = largest
        self.redirects = redirects

    async def store_source(self, job_id: str, blocks: AsyncIterator[bytes]) -> Content:
        """Stream a file into the job's folder, and say what it was.

        When `blocks` raises, that error is raised here and nothing is stored.

        Raises:
            StoreFullError: no room is left.
            NotReadyError: the store cannot be written.
        """
        tally = Tally(blocks)
        try:
            await put_whole(self._store, source_key(job_id), tally, largest=self.largest)
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
            async with asyncio.timeout(REMOVAL_SECONDS):
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
            NotReadyError: the store does not answer.
        """
        try:
            answer = await obstore.get_async(self._store, upload_key(job_id))
            return decode_upload(bytes(await answer.bytes_async()))
        except (FileNotFoundError, ValueError) as error:
            raise NotFoundError("no such job was accepted here, or it was removed") from error
        except (StoreError, OSError) as error:
            raise _unavailable() from error

    async def list_artifacts(self, job_id: str) -> list[BlobMeta]:
        """What the stages of a job have stored so far, by name.

        Raises:
            NotReadyError: the store does not answer.
        """
        try:
            listing = await obstore.list_with_delimiter_async(self._store, artifacts_prefix(job_id))
        except (StoreError, OSError) as error:
            raise _unavailable() from error
        found = [BlobMeta(name=blob["path"].rsplit("/", 1)[-1], size=blob["size"]) for blob in listing["objects"]]
        return sorted(found, key=lambda blob: blob["name"])

    async def open_artifact(self, job_id: str, name: str) -> "Artifact":
        """An artifact, to be streamed.

        Raises:
            NotFoundError: there is none of that name.
            NotReadyError: the store does not answer.
        """
        try:
            meta = await obstore.head_async(self._store, artifact_key(job_id, name))
        except (FileNotFoundError, ValueError) as error:
            raise NotFoundError("the job has no artifact of that name (yet)") from error
        except (StoreError, OSError) as error:
            raise _unavailable() from error
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
        # A stage that is tried again may put another in its place: rather an end than the one's head on the other.
        same: obstore.GetOptions = {"if_match": self.e_tag} if self.e_tag else {}
        answer = await obstore.get_async(self._store, self._key, options={"range": (start, end), **same})
        async for chunk in answer.stream(min_chunk_size=256 * 1024):
            yield bytes(chunk)

    async def link(self, method: Literal["GET", "HEAD"]) -> str:
        """An address from which anyone can fetch it from the store itself, for five minutes.

        Raises:
            NotReadyError: the credentials for it cannot be had.
        """
        assert isinstance(self._store, S3Store | GCSStore | AzureStore), "see `signs_links`"
        try:
            return await obstore.sign_async(self._store, method, self._key, LINK_LIFETIME)
        except (StoreError, OSError) as error:
            raise _unavailable() from error


def signs_links(store: ObjectStore) -> bool:
    """Whether the store can hand out its files itself."""
    return isinstance(store, S3Store | GCSStore | AzureStore)


def _unavailable() -> NotReadyError:
    return NotReadyError("the blob store does not answer at the moment; try again shortly")


def refusal_of(error: Exception) -> StoreFullError | NotReadyError:
    """What a fault of the store is to whoever sent the request."""
    full = getattr(error, "errno", None) == errno.ENOSPC or "os error 28" in str(error)
    if full:
        return StoreFullError("the blob store has no room left for this file; nothing of it was kept")
    return NotReadyError("the blob store cannot be written at the moment; nothing was kept, try again later")
