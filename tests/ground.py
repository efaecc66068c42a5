"""What a test needs of the machine, and what happens where that is missing."""

import os
import time
from collections.abc import Awaitable, Callable
from typing import NoReturn

import anyio
import pytest

PAUSE = 0.05


def missing(reason: str) -> NoReturn:
    """Skip on a laptop, with the reason; fail in CI, where everything must be there."""
    if os.environ.get("CI", "").lower() in {"true", "1"}:
        pytest.fail(f"must not be missing in CI: {reason}")
    pytest.skip(reason)


def wait_until(condition: Callable[[], object], seconds: float, *, what: str = "") -> None:
    """Wait for a condition with a deadline."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            raise TimeoutError(f"not within {seconds} s: {what or condition}")
        time.sleep(PAUSE)


async def wait_until_async(
    condition: Callable[[], object | Awaitable[object]], seconds: float, *, what: str = ""
) -> None:
    """Wait, on the event loop, for a condition with a deadline; the condition may be asynchronous."""
    deadline = time.monotonic() + seconds
    while True:
        outcome = condition()
        if await outcome if isinstance(outcome, Awaitable) else outcome:
            return
        if time.monotonic() > deadline:
            raise TimeoutError(f"not within {seconds} s: {what or condition}")
        await anyio.sleep(PAUSE)
