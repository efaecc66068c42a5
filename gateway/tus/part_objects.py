"""Bytes gathered as objects, for a store that cannot add to one.

    uploads/<id>/bytes/<offset>-<random>    up to 64 MiB
    uploads/<id>/parts/<offset>             which of them counts

A part counts when its mark was made, and a mark can be made only once: of two who add at the same offset, one wins.
"""

from collections.abc import AsyncIterator
from contextlib import suppress
from time import monotonic

import obstore
from obstore.exceptions import AlreadyExistsError
from obstore.exceptions import BaseError as StoreError
from obstore.store import ObjectStore
from pydantic import Field
from uuid_utils import uuid4

from contracts.blobs import resumable_folder
from contracts.events import encode
from contracts.job import Message
from contracts.whole import put_whole
from gateway.blobs import Blobs, refusal_of
from gateway.errors import LockedError, NotFoundError
from gateway.tally import Content
from gateway.tus.protocol import at_offset

PART_BYTES = 64 * 1024 * 1024  # what a gateway that is killed loses of a request, at the most
PART_SECONDS = 60.0  # … and of a slow one
READ_BYTES = 1024 * 1024


class Mark(Message):
    """Which object has the bytes from an offset on; none, where nothing may follow."""

    size: int = Field(ge=0)
    key: str | None = None


class Portion:
    """A stream's next blocks, up to a bound of bytes or of time."""

    def __init__(self, first: bytes, blocks: AsyncIterator[bytes], *, bounded: bool) -> None:
        self._next: bytes | None = first
        self._blocks = blocks
        self._bounded = bounded
        self._until = monotonic() + PART_SECONDS
        self.size = 0

    def __aiter__(self) -> "Portion":
        return self

    async def __anext__(self) -> bytes:
        block, self._next = self._next, None
        if block is None:
            if self._bounded and (self.size >= PART_BYTES or monotonic() >= self._until):
                raise StopAsyncIteration
            block = await anext(self._blocks)
        self.size += len(block)
        return block


class PartObjects:
    """A receptacle in any store. Its price: the bytes are read and written once more when they become a job's file."""

    def __init__(self, store: ObjectStore, blobs: Blobs, *, largest: int) -> None:
        """`largest` is the largest file that may come, in bytes: with a checksum it may be one part."""
        self._store = store
        self._largest = largest
        self._blobs = blobs

    async def offset(self, upload_id: str) -> int:
        marks = await self._marks(upload_id)
        return await self._end(upload_id, marks[-1]) if marks else 0

    async def append(self, upload_id: str, offset: int, blocks: AsyncIterator[bytes], *, whole: bool) -> int:
        if (end := await self.offset(upload_id)) != offset:
            raise at_offset(end)
        await self._put(f"{resumable_folder(upload_id)}/alive", b"")  # so that no sweep takes it now
        while (first := await anext(blocks, None)) is not None:
            portion = Portion(first, blocks, bounded=not whole)
            await self._add(upload_id, offset, portion)
            offset += portion.size
        return offset

    async def read(self, upload_id: str) -> AsyncIterator[bytes]:
        for start in await self._marks(upload_id):
            mark = await self._mark(upload_id, start)
            if mark.key is not None:
                answer = await obstore.get_async(self._store, mark.key)
                async for chunk in answer.stream(min_chunk_size=READ_BYTES):
                    yield bytes(chunk)

    async def become(self, upload_id: str, job_id: str) -> Content:
        return await self._blobs.store_source(job_id, self.read(upload_id))

    async def close(self, upload_id: str, *, at: int) -> bool:
        return await self._make_mark(upload_id, at, Mark(size=0))

    async def _add(self, upload_id: str, offset: int, portion: Portion) -> None:
        key = f"{resumable_folder(upload_id)}/bytes/{offset:018}-{uuid4().hex}"
        await self._put(key, portion)
        # A fault here leaves open whether the mark was made: the bytes stay, and go with the upload at the latest.
        if not await self._make_mark(upload_id, offset, Mark(size=portion.size, key=key)):
            with suppress(StoreError, OSError):
                await obstore.delete_async(self._store, key)
            await self._end(upload_id, offset)
            raise LockedError("somebody else adds to this upload at the same time")

    async def _put(self, key: str, body: Portion | bytes) -> None:
        try:
            if isinstance(body, bytes):
                await obstore.put_async(self._store, key, body)
            else:
                await put_whole(self._store, key, body, largest=self._largest)
        except (StoreError, OSError) as error:
            raise refusal_of(error) from error

    async def _marks(self, upload_id: str) -> list[int]:
        """Where parts begin, in order."""
        try:
            return sorted(
                [
                    int(blob["path"].rsplit("/", 1)[-1])
                    async for batch in obstore.list(self._store, f"{resumable_folder(upload_id)}/parts")
                    for blob in batch
                ]
            )
        except (StoreError, OSError) as error:
            raise refusal_of(error) from error

    async def _end(self, upload_id: str, start: int) -> int:
        mark = await self._mark(upload_id, start)
        if mark.key is None:
            raise NotFoundError("this upload was removed: begin anew")
        return start + mark.size

    async def _mark(self, upload_id: str, start: int) -> Mark:
        try:
            answer = await obstore.get_async(self._store, _mark_key(upload_id, start))
            return Mark.model_validate_json(bytes(await answer.bytes_async()))
        except FileNotFoundError as error:
            raise NotFoundError("this upload was removed: begin anew") from error
        except (StoreError, OSError) as error:
            raise refusal_of(error) from error

    async def _make_mark(self, upload_id: str, start: int, mark: Mark) -> bool:
        try:
            await obstore.put_async(self._store, _mark_key(upload_id, start), encode(mark), mode="create")
        except AlreadyExistsError:  # maybe by ourselves, at a try of which the store did not tell us
            return await self._mark(upload_id, start) == mark and mark.key is not None
        except (StoreError, OSError) as error:
            raise refusal_of(error) from error
        return True


def _mark_key(upload_id: str, start: int) -> str:
    return f"{resumable_folder(upload_id)}/parts/{start:018}"
