"""What becomes of resumable uploads that nobody goes on with."""

import asyncio
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum, auto

import structlog
from obstore.exceptions import BaseError as StoreError

from gateway.errors import LockedError, NotFoundError, RefusedError
from gateway.tus.files import Files
from gateway.tus.ledger import Ledger, Trace

BETWEEN_SWEEPS = timedelta(minutes=1)
QUIET = timedelta(seconds=30)  # who has sent the last byte completes it, unless they were killed or the broker was away

log: structlog.stdlib.BoundLogger = structlog.get_logger()


class Fate(Enum):
    KEEP = auto()
    COMPLETE = auto()  # if it has all its bytes: it should be a job
    REMOVE = auto()


def judge(trace: Trace, *, now: datetime, expiry: timedelta) -> Fate:
    """What becomes of an upload; `now` is the store's time, as are the times of what stands there."""
    age = now - trace.changed_at
    if "finished" in trace.names or "upload.json" not in trace.names:
        return Fate.REMOVE if age > expiry else Fate.KEEP
    if age > expiry:
        return Fate.REMOVE
    return Fate.COMPLETE if age > QUIET else Fate.KEEP


@dataclass
class Sweep:
    """Goes over all uploads, for ever. Several gateways may do so at once."""

    ledger: Ledger
    files: Files
    expiry: timedelta

    async def run(self) -> None:
        """Never returns; what fails is tried again in the next round."""
        while True:
            try:
                await self.once()
            except (RefusedError, StoreError, OSError) as error:
                log.warning("sweep.failed", reason=repr(error))
            await asyncio.sleep(BETWEEN_SWEEPS.total_seconds())

    async def once(self) -> None:
        """One round."""
        traces = [trace async for trace in self.ledger.traces()]
        now = await self.ledger.now() if traces else None
        for trace in traces:
            assert now is not None
            try:
                await self._treat(trace, judge(trace, now=now, expiry=self.expiry))
            except RefusedError as error:
                log.info("sweep.skipped", upload_id=trace.id, reason=str(error))

    async def _treat(self, trace: Trace, fate: Fate) -> None:
        if fate is Fate.KEEP:
            return
        if "upload.json" not in trace.names:
            await self.ledger.purge(trace.id)
            return
        standing = await self.files.find(trace.id)  # completes what can be completed, however old
        if fate is Fate.REMOVE and (standing.is_finished or not standing.progress.is_complete):
            await self._remove(trace)

    async def _remove(self, trace: Trace) -> None:
        try:
            await self.files.remove(trace.id)
            log.info("upload.expired", upload_id=trace.id)
        except (LockedError, NotFoundError):  # somebody goes on with it after all, or removed it
            return
