"""Blocking work in order, in threads that many share: what has nothing to do holds none."""

import asyncio
from collections import deque
from collections.abc import Callable
from concurrent.futures import Executor
from threading import Lock


class Strand:
    """Does one thing after the other. Others take their turn in between, so a busy strand holds nobody up."""

    def __init__(self, threads: Executor) -> None:
        self._threads = threads
        self._waiting: deque[Callable[[], object]] = deque()
        self._is_busy = False
        self._lock = Lock()

    def do(self, what: Callable[[], object]) -> asyncio.Future[None]:
        """It is done even if nobody waits for it any more: what comes after builds on it."""
        loop = asyncio.get_running_loop()
        done: asyncio.Future[None] = loop.create_future()

        def work() -> None:
            fault: BaseException | None = None
            try:
                what()
            except BaseException as error:  # noqa: BLE001 - whoever waits gets it
                fault = error
            loop.call_soon_threadsafe(_settle, done, fault)

        with self._lock:
            self._waiting.append(work)
            if not self._is_busy:
                self._is_busy = True
                self._threads.submit(self._turn)
        return done

    def _turn(self) -> None:
        self._waiting.popleft()()
        with self._lock:
            self._is_busy = bool(self._waiting)
            if self._is_busy:
                self._threads.submit(self._turn)


def _settle(done: asyncio.Future[None], fault: BaseException | None) -> None:
    if done.cancelled():
        return
    if fault is None:
        done.set_result(None)
    else:
        done.set_exception(fault)
