"""So many jobs at a time, and an ordered end for them."""

import asyncio

import structlog

from processor.delivery import Delivery
from processor.figures import Figures
from processor.stops import Stops
from processor.worker import Worker

HAND_BACK_SECONDS = 1.2  # past the grace period: a little more than an attempt's last words take

log: structlog.stdlib.BoundLogger = structlog.get_logger()


class Workers:
    """Works on as many deliveries as there are slots; the others wait in hand, the broker's prefetch bounds them."""

    def __init__(
        self, worker: Worker, stops: Stops, figures: Figures, *, concurrency: int, grace_seconds: float
    ) -> None:
        self.concurrency = concurrency
        self.figures = figures
        self._worker = worker
        self._stops = stops
        self._grace_seconds = grace_seconds
        self._slots = asyncio.Semaphore(concurrency)
        self._waiting: set[asyncio.Task[None]] = set()
        self._running: set[asyncio.Task[None]] = set()
        self._is_finishing = False
        figures.watch_jobs(lambda: len(self._running), slots=concurrency)

    async def work(self, delivery: Delivery) -> None:
        """Work on a delivery as soon as there is a slot."""
        task = asyncio.current_task()
        assert task is not None
        self._waiting.add(task)
        try:
            async with self._slots:
                self._waiting.discard(task)
                await self._work_now(delivery, task)
        except asyncio.CancelledError:
            if task in self._waiting and self._is_finishing:
                await delivery.give_back()
            raise
        finally:
            self._waiting.discard(task)

    async def _work_now(self, delivery: Delivery, task: asyncio.Task[None]) -> None:
        if self._is_finishing:
            await delivery.give_back()
            return
        self._running.add(task)
        try:
            await self._worker.work(delivery)
        except Exception:  # the edge of one delivery: a fault in here must not end the others
            self.figures.broke()
            log.exception("delivery.given_back")
            await delivery.give_back()
        finally:
            self._running.discard(task)

    async def finish(self) -> None:
        """Begin no more: what waits goes back at once, what runs when the grace period is over."""
        self._is_finishing = True
        for task in tuple(self._waiting):
            task.cancel()
        if self._running:
            log.info("worker.finishing", jobs=len(self._running), seconds=self._grace_seconds)
            await asyncio.wait(self._running, timeout=self._grace_seconds)
        if self._running:
            log.info("worker.handing_back", jobs=len(self._running))
            self._stops.hand_back()
            await asyncio.wait(self._running, timeout=HAND_BACK_SECONDS)
