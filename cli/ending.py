"""Why and how fast the stack ends."""

import asyncio
import contextlib
import signal
from collections.abc import Iterator
from typing import Any

from cli.errors import CannotStartError


class Ending:
    """Asked for once, it ends in order; asked for again, at once; and a failure ends it too."""

    def __init__(self) -> None:
        self.begun = asyncio.Event()
        self.at_once = asyncio.Event()
        self.failure: CannotStartError | None = None

    def ask(self) -> None:
        """A signal came."""
        if self.begun.is_set():
            self.at_once.set()
        self.begun.set()

    def fail(self, error: CannotStartError) -> None:
        """Something cannot be kept running; the first to say so is what is reported."""
        if not self.begun.is_set():
            self.failure = error
        self.begun.set()


@contextlib.contextmanager
def ended_by_signals(ending: Ending) -> Iterator[None]:
    """SIGINT, SIGTERM and a closed terminal ask for the end."""
    loop = asyncio.get_running_loop()
    numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    for number in numbers:
        loop.add_signal_handler(number, ending.ask)
    try:
        yield
    finally:
        for number in numbers:
            loop.remove_signal_handler(number)


async def first_of(*events: asyncio.Event, limit: float | None = None) -> None:
    """Return when any of the events is set, or after `limit` seconds."""
    waiting: list[asyncio.Task[Any]] = [asyncio.ensure_future(event.wait()) for event in events]
    try:
        await asyncio.wait(waiting, timeout=limit, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in waiting:
            task.cancel()
