"""What becomes of resumable uploads that nobody goes on with."""

import asyncio
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum, auto

import structlog
from obstore.exceptions import BaseError as StoreError

from contracts.broker import describe
from gateway.errors import ConflictError, LockedError, NotFoundError, RefusedError, UnknownPipelineError
from gateway.tus.files import Files, Standing
from gateway.tus.ledger import Ledger, Trace
from gateway.usage import UsageBook

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
    usage: UsageBook
    expiry: timedelta

    async def run(self) -> None:
        """Never returns; what fails is tried again in the next round."""
        while True:
            try:
                await self.once()
                await self.usage.forget_past_days()
            except (RefusedError, StoreError, OSError) as error:
                log.warning("sweep.failed", reason=describe(error))
            await asyncio.sleep(BETWEEN_SWEEPS.total_seconds())

    async def once(self) -> None:
        """One round."""
        traces = await self.ledger.traces()
        if not traces:
            return
        now = await self.ledger.now()
        for trace in traces:
            try:
                await self._treat(trace, judge(trace, now=now, expiry=self.expiry), now)
            except RefusedError as error:
                log.info("sweep.skipped", upload_id=trace.id, reason=str(error))

    async def _treat(self, trace: Trace, fate: Fate, now: datetime) -> None:
        if fate is Fate.KEEP:
            return
        if "upload.json" not in trace.names:
            await self.ledger.purge(trace.id)
            return
        standing = await self.files.look(trace.id)
        if standing.is_due and await self._complete(standing):  # however old
            return
        if fate is Fate.REMOVE:
            await self._remove(trace.id, standing, now)

    async def _complete(self, standing: Standing) -> bool:
        """False when nobody can run its job any more, or its parts are another's."""
        try:
            await self.files.complete(standing)
        except (UnknownPipelineError, ConflictError):
            return False
        return True

    async def _remove(self, upload_id: str, standing: Standing, now: datetime) -> None:
        """Look again first: what is so far as it was then, and still old, was not touched in between."""
        trace = await self.ledger.trace(upload_id)
        if trace is None or judge(trace, now=now, expiry=self.expiry) is not Fate.REMOVE:
            return
        try:
            await self.files.remove(standing)
            log.info("upload.expired", upload_id=upload_id)
        except (LockedError, NotFoundError):  # somebody goes on with it after all, or removed it
            return
