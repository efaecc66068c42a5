"""Jobs that the history no longer has: their records in the blob store."""

import asyncio
from collections.abc import Iterable, Iterator

import obstore
import structlog
from obstore.exceptions import BaseError as StoreError
from obstore.store import ObjectStore

from contracts.blobs import JOB_ID
from contracts.broker import describe
from contracts.errors import UnreadableMessageError
from contracts.record import JobRecord, read_record

READ_AT_ONCE = 32  # a folder is read by threads, a bucket over connections: both have few
LISTED_FOR = 10.0  # seconds that a listing of the store is good for

log: structlog.stdlib.BoundLogger = structlog.get_logger()


class Archive:
    """Reads; a store that is away, or a record that nobody can read, is as one that isn't there."""

    def __init__(self, store: ObjectStore) -> None:
        self._store = store
        self._listing: tuple[float, list[str]] | None = None

    async def find(self, job_id: str) -> JobRecord | None:
        """A job's record."""
        try:
            return await read_record(self._store, job_id)
        except (StoreError, OSError, UnreadableMessageError) as error:
            log.warning("record.unreadable", job_id=job_id, reason=describe(error))
            return None

    async def find_all(self, job_ids: Iterable[str]) -> list[JobRecord]:
        """The records of these jobs, in their order, without those that have none."""
        found: list[JobRecord | None] = []
        for ids in _in_groups(list(job_ids)):
            found += await asyncio.gather(*map(self.find, ids))
        return [record for record in found if record is not None]

    async def newest(self, count: int) -> list[JobRecord]:
        """The records of the jobs that were accepted last, the oldest of them first."""
        return await self.find_all(reversed((await self.job_ids())[:count]))

    async def job_ids(self) -> list[str]:
        """All of them, the newest first: ids rise with time (UUID version 7)."""
        now = asyncio.get_running_loop().time()
        if self._listing is None or now - self._listing[0] > LISTED_FOR:
            self._listing = (now, await self._list())
        return self._listing[1]

    async def _list(self) -> list[str]:
        try:
            listing = await obstore.list_with_delimiter_async(self._store, "jobs")
        except (StoreError, OSError) as error:
            log.warning("store.unlisted", reason=describe(error))
            return []
        names = (prefix.rstrip("/").rsplit("/", 1)[-1] for prefix in listing["common_prefixes"])
        return sorted(filter(JOB_ID.fullmatch, names), reverse=True)


def _in_groups(ids: list[str]) -> Iterator[list[str]]:
    return (ids[start : start + READ_AT_ONCE] for start in range(0, len(ids), READ_AT_ONCE))
