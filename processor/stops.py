"""How an attempt is stopped from outside: its job is cancelled, its time is over, or its processor ends."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, Self

from processor.errors import HandedBackError, JobCancelledError


@dataclass(eq=False)
class Stop:
    """A running attempt, and what ends it. Whatever ends it first counts."""

    job_id: str
    _scope: asyncio.Timeout = field(default_factory=lambda: asyncio.timeout(None))
    _cause: Exception | None = None
    _late: Exception | None = None

    def because(self, cause: Exception) -> None:
        """End the attempt at its next await."""
        if self._cause is None and not self._scope.expired():
            self._cause = cause
            self._scope.reschedule(0)  # long ago, so at once

    def after(self, seconds: float, late: Exception) -> None:
        """End the attempt when its time is over."""
        if self._cause is None and not self._scope.expired():
            self._late = late
            self._scope.reschedule(asyncio.get_running_loop().time() + seconds)

    async def __aenter__(self) -> Self:
        await self._scope.__aenter__()
        return self

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: Any) -> None:
        try:
            await self._scope.__aexit__(kind, error, trace)
        except TimeoutError as timeout:
            cause = self._cause or self._late
            if not self._scope.expired() or cause is None:
                raise
            raise cause from timeout


class Stops:
    """The attempts that are running here."""

    def __init__(self) -> None:
        self._running: set[Stop] = set()
        self._is_draining = False

    @asynccontextmanager
    async def stoppable(self, job_id: str) -> AsyncIterator[Stop]:
        """A block that can be ended from outside; then the cause is raised."""
        async with Stop(job_id) as stop:
            self._running.add(stop)
            try:
                if self._is_draining:
                    stop.because(HandedBackError())
                yield stop
            finally:
                self._running.discard(stop)

    def cancel(self, job_id: str) -> None:
        """Somebody wants the job to end; does nothing when it isn't here."""
        for stop in self._running:
            if stop.job_id == job_id:
                stop.because(JobCancelledError())

    def hand_back(self) -> None:
        """End all that runs, and whatever begins from now on."""
        self._is_draining = True
        for stop in self._running:
            stop.because(HandedBackError())
