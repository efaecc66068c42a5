"""An artifact's way into the store, whole or not at all, its checksum taken as the bytes pass; and back out."""

import asyncio
import hashlib
import mimetypes
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import obstore
from obstore.store import LocalStore, ObjectStore

from contracts.blobs import artifact_key
from contracts.events import Artifact

READ_BYTES = 1024 * 1024
LOCAL_PART_BYTES = 1024 * 1024
REMOTE_PART_BYTES = 5 * 1024 * 1024  # the smallest part that S3 takes
MOST_PARTS = 9_000  # S3 takes 10,000 of a file

Payload = bytes | str | Path


class Passing:
    """A file's bytes, read once: counted and summed on their way."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._sum = hashlib.sha256()
        self.size = 0

    def __iter__(self) -> Iterator[bytes]:
        with self._path.open("rb") as file:
            while chunk := file.read(READ_BYTES):
                self._add(chunk)
                yield chunk

    async def __aiter__(self) -> AsyncIterator[bytes]:
        with await asyncio.to_thread(self._path.open, "rb") as file:
            while chunk := await asyncio.to_thread(file.read, READ_BYTES):
                await asyncio.to_thread(self._add, chunk)
                yield chunk

    def artifact(self, name: str) -> Artifact:
        return Artifact(name=name, size=self.size, media_type=media_type_of(name), sha256=self._sum.hexdigest())

    def _add(self, chunk: bytes) -> None:
        self._sum.update(chunk)
        self.size += len(chunk)


def put_artifact(store: ObjectStore, job_id: str, name: str, payload: Payload) -> Artifact:
    """Store an artifact; until all of it is there, nothing of it, or its forerunner of the same name, can be read.

    Raises:
        ValueError: no artifact has such a name.
        obstore.exceptions.BaseError, OSError: the store did not take it, or the file cannot be read.
    """
    key = artifact_key(job_id, name)
    if not isinstance(payload, Path):
        content = _octets(payload)
        obstore.put(store, key, content)
        return _artifact_of(name, content)
    passing = Passing(payload)
    obstore.put(store, key, iter(passing), chunk_size=_part_bytes(store, payload), use_multipart=True)
    return passing.artifact(name)


async def put_artifact_async(store: ObjectStore, job_id: str, name: str, payload: Payload) -> Artifact:
    """As `put_artifact`, without holding up the event loop; cancelled, it leaves nothing."""
    key = artifact_key(job_id, name)
    if not isinstance(payload, Path):
        content = _octets(payload)
        await obstore.put_async(store, key, content)
        return await asyncio.to_thread(_artifact_of, name, content)
    passing = Passing(payload)
    await obstore.put_async(store, key, aiter(passing), chunk_size=_part_bytes(store, payload), use_multipart=True)
    return passing.artifact(name)


def fetch_artifact(store: ObjectStore, job_id: str, name: str, folder: Path) -> Path:
    """An artifact as a file: where it stands, if the store is a folder, else a copy in `folder`.

    Raises:
        FileNotFoundError: no stage saved one of that name.
    """
    key = artifact_key(job_id, name)
    obstore.head(store, key)
    if isinstance(store, LocalStore) and store.prefix is not None:
        return Path(store.prefix) / key
    folder.mkdir(exist_ok=True)
    with (folder / name).open("wb") as file:
        for chunk in obstore.get(store, key):
            file.write(bytes(chunk))
    return folder / name


async def fetch_artifact_async(store: ObjectStore, job_id: str, name: str, folder: Path) -> Path:
    """As `fetch_artifact`, without holding up the event loop."""
    key = artifact_key(job_id, name)
    await obstore.head_async(store, key)
    if isinstance(store, LocalStore) and store.prefix is not None:
        return Path(store.prefix) / key
    await asyncio.to_thread(folder.mkdir, exist_ok=True)
    with await asyncio.to_thread((folder / name).open, "wb") as file:
        async for chunk in (await obstore.get_async(store, key)).stream():
            await asyncio.to_thread(file.write, bytes(chunk))
    return folder / name


def _octets(payload: bytes | str) -> bytes:
    return payload.encode() if isinstance(payload, str) else payload


def _artifact_of(name: str, content: bytes) -> Artifact:
    digest = hashlib.sha256(content).hexdigest()
    return Artifact(name=name, size=len(content), media_type=media_type_of(name), sha256=digest)


def _part_bytes(store: ObjectStore, path: Path) -> int:
    if isinstance(store, LocalStore):
        return LOCAL_PART_BYTES
    return max(REMOTE_PART_BYTES, path.stat().st_size // MOST_PARTS)


def media_type_of(name: str) -> str:
    """By the name's ending; `application/octet-stream` when that says nothing."""
    guess, encoding = mimetypes.guess_type(name)
    if encoding is not None:
        return {"gzip": "application/gzip", "zstd": "application/zstd"}.get(encoding, "application/octet-stream")
    return guess or {".zst": "application/zstd"}.get(Path(name).suffix, "application/octet-stream")
