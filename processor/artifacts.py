"""An artifact's way into the store, whole or not at all, its checksum taken as the bytes pass; and back out."""

import asyncio
import hashlib
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import obstore
from obstore.store import LocalStore, ObjectStore

from contracts.blobs import artifact_key
from contracts.bucket import CONCURRENT_PARTS, part_bytes
from contracts.events import Artifact
from contracts.media import attributes_of, media_type_of
from contracts.whole import put_whole

READ_BYTES = 1024 * 1024

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
        obstore.put(store, key, content, attributes=attributes_of(store, key))
        return _artifact_of(name, content)
    passing = Passing(payload)
    obstore.put(
        store,
        key,
        iter(passing),
        chunk_size=part_bytes(store, largest=payload.stat().st_size),
        max_concurrency=CONCURRENT_PARTS,
        use_multipart=True,
        attributes=attributes_of(store, key),
    )
    return passing.artifact(name)


async def put_artifact_async(store: ObjectStore, job_id: str, name: str, payload: Payload) -> Artifact:
    """As `put_artifact`, without holding up the event loop; cancelled, it leaves nothing."""
    key = artifact_key(job_id, name)
    if not isinstance(payload, Path):
        content = _octets(payload)
        await obstore.put_async(store, key, content, attributes=attributes_of(store, key))
        return await asyncio.to_thread(_artifact_of, name, content)
    passing = Passing(payload)
    size = (await asyncio.to_thread(payload.stat)).st_size
    await put_whole(store, key, aiter(passing), largest=size)
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
