"""Whether the blob store can be used, for `/readyz`: looked at when a service starts, and now and then after that."""

import asyncio
import os
from pathlib import Path

import obstore
import structlog
from obstore.exceptions import AlreadyExistsError
from obstore.exceptions import BaseError as StoreError
from obstore.store import LocalStore, ObjectStore

from contracts.broker import pause_after
from contracts.bucket import store_fault

LOOK_SECONDS = 30.0
PROBE_KEY = "conditional-writes"

log: structlog.stdlib.BoundLogger = structlog.get_logger()


class StoreWatch:
    """Looks again and again; sooner while something is wrong."""

    def __init__(self, store: ObjectStore, *, writes: bool) -> None:
        """`writes` is whether the service makes what must be made only once: then the store must be able to."""
        self._store = store
        self._folder = store.prefix if isinstance(store, LocalStore) else None
        self._writes = writes
        self._must_try = writes and not isinstance(store, LocalStore)  # a folder can
        self._fault: str | None = "the store was not asked yet"
        self.usable = asyncio.Event()  # set from the first look on that found nothing wrong

    def fault(self) -> str | None:
        """What was wrong when it was last looked at."""
        return self._fault

    async def run(self) -> None:
        """Look until cancelled."""
        failures = 0
        while True:
            fault = await self._look()
            if fault is None:
                self.usable.set()
            elif fault != self._fault:
                log.warning("store.unusable", reason=fault)
            self._fault = fault
            failures = failures + 1 if fault else 0
            await asyncio.sleep(pause_after(failures) if fault else LOOK_SECONDS)

    async def _look(self) -> str | None:
        if self._folder is not None:
            return await asyncio.to_thread(folder_fault, Path(self._folder), writes=self._writes)
        try:
            await obstore.list_with_delimiter_async(self._store)
            if self._must_try and not await self._makes_once():
                return "the store overwrites what must be made only once: it does not know If-None-Match"
        except (StoreError, OSError) as error:
            return store_fault(error)
        self._must_try = False
        return None

    async def _makes_once(self) -> bool:
        for _ in range(2):
            try:
                await obstore.put_async(self._store, PROBE_KEY, b"Made once.\n", mode="create")
            except AlreadyExistsError:
                return True
        return False


def folder_fault(folder: Path, *, writes: bool) -> str | None:
    """What is wrong with a folder as the store. One that is gone has, by the store's own list, no jobs and no fault."""
    if not folder.is_dir():
        return f"the store's folder is not there: {folder}"
    if not os.access(folder, os.R_OK | os.X_OK | (os.W_OK if writes else 0)):
        return f"the store's folder may not be {'written' if writes else 'read'}: {folder}"
    return None
