"""Bytes gathered in a file that grows, where the store is a folder: nothing is ever copied.

    uploads/<id>/bytes     what came
    uploads/<id>/offset    how much of it counts: 64 MiB at a time, and at the end of a request

Who adds to it holds `flock(2)` on `bytes`, which the kernel takes back from whoever is killed.
"""

import asyncio
import fcntl
import hashlib
import os
from collections import OrderedDict
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from io import FileIO
from pathlib import Path
from typing import TYPE_CHECKING

from contracts.blobs import resumable_folder, source_key
from gateway.blobs import refusal_of
from gateway.errors import LockedError, NotFoundError, StoreFullError
from gateway.tally import Content
from gateway.tus.pen import Pen, cut
from gateway.tus.protocol import at_offset
from gateway.tus.strand import Strand

if TYPE_CHECKING:
    from hashlib import _Hash as Hash

COMMIT_BYTES = 64 * 1024 * 1024  # what a gateway that is killed loses of a request, at the most
READ_BYTES = 1024 * 1024
MAX_HASHES = 1_000  # of uploads on their way; an upload whose hash was dropped is read once more at its end


class GrowingFile:
    """A receptacle in a folder that all gateways share."""

    def __init__(self, folder: Path) -> None:
        self._root = folder
        self._threads = ThreadPoolExecutor(thread_name_prefix="pen")  # as many as the machine can use, for all uploads
        self._hashes: OrderedDict[str, tuple[int, Hash]] = OrderedDict()  # of what stands there, up to an offset

    async def offset(self, upload_id: str) -> int:
        return await asyncio.to_thread(self._offset, upload_id)

    async def append(self, upload_id: str, offset: int, blocks: AsyncIterator[bytes], *, whole: bool) -> int:
        with _faults(), await asyncio.to_thread(self._open, upload_id) as file:
            if (end := self._offset(upload_id)) != offset:
                raise at_offset(end)
            return await self._write(upload_id, file, offset, blocks, whole=whole)

    async def read(self, upload_id: str) -> AsyncIterator[bytes]:
        with _faults(), (self._folder(upload_id) / "bytes").open("rb") as file:
            left = self._offset(upload_id)
            while left and (block := await asyncio.to_thread(file.read, min(READ_BYTES, left))):
                left -= len(block)
                yield block

    async def become(self, upload_id: str, job_id: str) -> Content:
        target = self._root / source_key(job_id)
        with _faults(), await asyncio.to_thread(self._open, upload_id) as file:
            size = self._offset(upload_id)
            if not target.exists():
                cut(file, size)
                target.parent.mkdir(parents=True, exist_ok=True)
                (self._folder(upload_id) / "bytes").replace(target)
            known = self._hashes.pop(upload_id, None)
            if known is not None and known[0] == size:
                return Content(size, known[1].hexdigest())
            return Content(size, await asyncio.to_thread(_sha256, target))

    async def close(self, upload_id: str, *, at: int) -> bool:
        try:
            with _faults(), await asyncio.to_thread(self._open, upload_id):
                if self._offset(upload_id) != at:
                    return False
                (self._folder(upload_id) / "bytes").unlink(missing_ok=True)
                return True
        except LockedError:
            return False

    async def _write(
        self, upload_id: str, file: FileIO, offset: int, blocks: AsyncIterator[bytes], *, whole: bool
    ) -> int:
        hash_ = self._hash(upload_id, offset)
        pen = Pen(Strand(self._threads), file, hash_, partial(self._say_offset, upload_id), at=offset)
        next_count = offset + COMMIT_BYTES
        try:
            async for block in blocks:
                await pen.write(block)
                if not whole and pen.end >= next_count:
                    pen.count()
                    next_count = pen.end + COMMIT_BYTES
            end = await pen.finish()
        finally:
            await pen.lay_down()  # the file must not be closed, nor the lock given up, before
        if hash_ is not None:
            self._keep_hash(upload_id, end, hash_)
        return end

    def _say_offset(self, upload_id: str, offset: int) -> None:
        path = self._folder(upload_id) / "offset"
        fresh = path.with_name("offset.new")
        fresh.write_text(str(offset))
        fresh.replace(path)

    def _offset(self, upload_id: str) -> int:
        try:
            return int((self._folder(upload_id) / "offset").read_text())
        except FileNotFoundError:
            return 0

    def _open(self, upload_id: str) -> FileIO:
        """The file, and the lock on it; both end when it is closed."""
        try:
            file = FileIO(os.open(self._folder(upload_id) / "bytes", os.O_RDWR | os.O_CREAT, 0o644), "r+")
        except FileNotFoundError as error:
            raise NotFoundError("there is no such upload here, or no longer: begin anew") from error
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            file.close()
            raise LockedError("somebody else adds to this upload at the same time") from error
        if os.fstat(file.fileno()).st_nlink == 0:  # it was removed just before it was locked
            file.close()
            raise NotFoundError("this upload was removed: begin anew")
        return file

    def _folder(self, upload_id: str) -> Path:
        return self._root / resumable_folder(upload_id)

    def _hash(self, upload_id: str, offset: int) -> "Hash | None":
        """Of what stands there up to `offset`; None where this gateway did not see it all come."""
        at, known = self._hashes.pop(upload_id, (0, hashlib.sha256()))
        return known if at == offset else None

    def _keep_hash(self, upload_id: str, offset: int, hash_: "Hash") -> None:
        self._hashes[upload_id] = (offset, hash_)
        if len(self._hashes) > MAX_HASHES:
            self._hashes.popitem(last=False)


@contextmanager
def _faults() -> Iterator[None]:
    """What the folder does not let us is said as faults of any store are."""
    try:
        yield
    except OSError as error:
        refusal = refusal_of(error)
        if isinstance(refusal, StoreFullError):
            raise StoreFullError("the blob store has no room left; what was acknowledged is kept") from error
        raise refusal from error


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
