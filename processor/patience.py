"""What is done with the store goes on until it is done: a store that is away, full or slow ends no job."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

import structlog
from obstore.exceptions import AlreadyExistsError
from obstore.exceptions import BaseError as StoreError

from contracts.broker import describe, is_told, pause_after

T = TypeVar("T")

log: structlog.stdlib.BoundLogger = structlog.get_logger()


class Patience:
    """Bounded by its caller: an attempt is cancelled when its connection is lost, or its processor ends."""

    def __init__(self) -> None:
        self._waiting: dict[object, str] = {}

    def fault(self) -> str | None:
        """What keeps jobs waiting for the store, for `/readyz`."""
        return next(iter(self._waiting.values()), None)

    async def until_done(self, work: Callable[[], Awaitable[T]]) -> T:
        """Do it, and again after a pause whenever the store fails it.

        Raises:
            FileNotFoundError: what it asks for is not there.
            obstore.exceptions.AlreadyExistsError: what it would make is there already.
        """
        failures, ticket = 0, object()
        try:
            while True:
                try:
                    return await work()
                except (FileNotFoundError, AlreadyExistsError):
                    raise
                except (StoreError, OSError) as error:
                    failures += 1
                    self._waiting[ticket] = f"the store fails: {describe(error)}"
                    if is_told(failures):
                        log.warning("store.repeated", failures=failures, reason=describe(error))
                await asyncio.sleep(pause_after(failures))
        finally:
            self._waiting.pop(ticket, None)
