"""What owners have uploaded today, as all gateways know it: one empty object for each file.

    usage/<day>/<owner>/<job id>.<size>

A listing counts them; of a file that grew, the largest. Requests that come at the same time may pass a quota
together: by as much as is on its way.
"""

from datetime import UTC, datetime

import obstore
import structlog
from obstore.exceptions import BaseError as StoreError
from obstore.store import ObjectStore

from contracts.blobs import USAGE_FOLDER
from contracts.broker import describe
from gateway.blobs import refusal_of
from gateway.quotas import Quota, Usage

log: structlog.stdlib.BoundLogger = structlog.get_logger()


class UsageBook:
    """Counts only where there is a quota; it raises `NotReadyError` when the store cannot be read."""

    def __init__(self, store: ObjectStore, quota: Quota) -> None:
        self._store = store
        self._quota = quota

    async def check(self, owner: str | None, *, files: int = 1, size: int = 0) -> None:
        """Whether an owner may upload so much more; raises OverQuotaError as `Quota.check`."""
        if self._quota.is_bound and owner is not None:
            now = datetime.now(UTC)
            self._quota.check(await self._read(owner, now), files=files, size=size, now=now)

    async def note(self, owner: str | None, job_id: str, size: int) -> None:
        """A file counts from now on, as well as the store can; noting it again changes nothing."""
        if self._quota.is_bound and owner is not None:
            try:
                await obstore.put_async(self._store, f"{_folder(owner, datetime.now(UTC))}/{job_id}.{size}", b"")
            except (StoreError, OSError) as error:
                log.warning("usage.unnoted", job_id=job_id, reason=describe(error))

    async def headers(self, owner: str | None) -> dict[str, str]:
        """What remains, for an answer."""
        if not self._quota.is_bound or owner is None:
            return {}
        now = datetime.now(UTC)
        return self._quota.headers(await self._read(owner, now), now)

    async def forget_past_days(self) -> None:
        """Remove what does not count any more."""
        today = f"{datetime.now(UTC):%Y-%m-%d}"
        listing = await obstore.list_with_delimiter_async(self._store, USAGE_FOLDER)
        for prefix in listing["common_prefixes"]:
            if prefix.rstrip("/").rsplit("/", 1)[-1] < today:
                async for batch in obstore.list(self._store, prefix):
                    for blob in batch:
                        await obstore.delete_async(self._store, blob["path"])

    async def _read(self, owner: str, now: datetime) -> Usage:
        sizes: dict[str, int] = {}
        try:
            async for batch in obstore.list(self._store, _folder(owner, now)):
                for blob in batch:
                    job, size = blob["path"].rsplit(".", 1)
                    sizes[job] = max(int(size), sizes.get(job, 0))
        except (StoreError, OSError) as error:
            raise refusal_of(error) from error
        return Usage(len(sizes), sum(sizes.values()))


def _folder(owner: str, now: datetime) -> str:
    return f"{USAGE_FOLDER}/{now:%Y-%m-%d}/{owner}"
