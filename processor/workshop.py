"""Where attempts find the uploaded file and leave artifacts."""

import asyncio
import shutil
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import obstore
from obstore.store import LocalStore, ObjectStore

from contracts.blobs import source_key
from contracts.job import Job
from processor.errors import ProcessorFaultError, SourceMissingError
from processor.patience import Patience
from processor.process_pool import ProcessPool
from processor.stage import Source

BLOCK_BYTES = 1024 * 1024
MISSING = "the uploaded file is not in the store: its upload was withdrawn, or the store was emptied"


@dataclass
class Download:
    """The file's way from a bucket to this machine. Broken off, it goes on where it was."""

    store: ObjectStore
    key: str
    target: Path
    patience: Patience
    bytes_here: int = field(default=0, init=False)

    async def run(self) -> None:
        """Until all of it is here.

        Raises:
            SourceMissingError: it is not in the store any more.
            ProcessorFaultError: this machine does not take it.
        """
        try:
            await self.patience.until_done(self._go_on)
        except FileNotFoundError as error:
            raise SourceMissingError(MISSING) from error

    async def _go_on(self) -> None:
        options: obstore.GetOptions = {"range": {"offset": self.bytes_here}} if self.bytes_here else {}
        answer = await obstore.get_async(self.store, self.key, options=options)
        async for block in answer.stream(min_chunk_size=BLOCK_BYTES):
            try:
                await asyncio.to_thread(self._write, bytes(block))
            except OSError as error:  # of the disk: to ask the store again would not help
                raise ProcessorFaultError(f"the file cannot be kept in the workdir: {error}") from error

    def _write(self, block: bytes) -> None:
        with self.target.open("ab") as file:
            file.write(block)
        self.bytes_here += len(block)


@dataclass(frozen=True)
class Opened:
    """What the stages of an attempt get: the file, and a folder that is removed at the end."""

    source: Source
    folder: Path
    download: Download | None  # to be run before a stage may read the file; None where it stands in a folder


@dataclass(frozen=True)
class Workshop:
    """The store, and the place for what is only of this attempt."""

    store: ObjectStore
    store_url: str
    workdir: Path | None = None
    pool: ProcessPool = field(default_factory=ProcessPool)

    @asynccontextmanager
    async def open(self, job: Job, patience: Patience) -> AsyncIterator[Opened]:
        """The uploaded file, and an empty folder that is removed at the end of the block.

        Raises:
            SourceMissingError: the file is not in the store.
        """
        key = source_key(job.id)
        folder = Path(tempfile.mkdtemp(prefix="stagecast-", dir=self.workdir))
        try:
            try:
                await patience.until_done(lambda: obstore.head_async(self.store, key))
            except FileNotFoundError as error:
                raise SourceMissingError(MISSING) from error
            here = self._place(key)
            download = None if here else Download(self.store, key, folder / "source", patience)
            source = Source(here or folder / "source", job.name, job.size, job.sha256)
            yield Opened(source, folder, download)
        finally:
            if not _could_remove(folder):
                await asyncio.to_thread(shutil.rmtree, folder, ignore_errors=True)

    def _place(self, key: str) -> Path | None:
        """Where a file stands, if the store is a folder of this machine."""
        if isinstance(self.store, LocalStore) and self.store.prefix is not None:
            return Path(self.store.prefix) / key
        return None


def _could_remove(folder: Path) -> bool:
    """Most hold no more than an empty workdir, and to see that costs less than to call a thread."""
    try:
        for each in folder.iterdir():
            each.rmdir()
        folder.rmdir()
    except OSError:
        return False
    return True
