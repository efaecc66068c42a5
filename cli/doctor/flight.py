"""A canary on its way: sent, listened for, and called back if it takes too long."""

import asyncio
import tempfile
import time
from collections.abc import AsyncGenerator
from contextlib import aclosing, suppress
from datetime import UTC, datetime
from pathlib import Path

from cli.doctor.canary import Canary, Heard
from client import ClientError, Connected, Stagecast, Upload, Waiting
from client.stream import Snapshot, Stream, Update
from contracts.job import Job

NAME = "stagecast-canary.txt"
CONTENT = "A tiny job of `stagecast doctor`.\n"


async def send_canary(stagecast: Stagecast, pipeline: str, *, seconds: float) -> Canary:
    """Send it, and listen until it has ended, for so long at the most; then it is cancelled."""
    canary = Canary(pipeline, seconds)
    try:
        async with asyncio.timeout(seconds):
            await _run(stagecast, canary)
    except TimeoutError:
        if canary.job_id is not None:
            with suppress(ClientError):
                await stagecast.cancel(canary.job_id)
    except (ClientError, OSError) as error:
        canary.error = str(error)
    return canary


async def _run(stagecast: Stagecast, canary: Canary) -> None:
    """Listen first: events may come before the upload is answered."""
    stream = Stream(
        stagecast.http, f"{await stagecast.notifier_url()}/events", (("progress", "0"),), patience=canary.seconds
    )
    async with aclosing(stream.updates()) as updates:
        async for update in updates:
            if isinstance(update, Snapshot):
                canary.is_heard = True
                break
        canary.begun, started = datetime.now(UTC), time.monotonic()
        news = asyncio.Event()
        listening = asyncio.ensure_future(_listen(canary, updates, started, news))
        try:
            canary.job_id = (await _send(stagecast, canary.pipeline)).id
            canary.accepted_at = time.monotonic() - started
            while canary.end is None:
                await news.wait()
                news.clear()
        finally:
            listening.cancel()
            with suppress(asyncio.CancelledError, ClientError):
                await listening


async def _listen(canary: Canary, updates: AsyncGenerator[Update, None], started: float, news: asyncio.Event) -> None:
    async for update in updates:
        if not isinstance(update, Connected | Waiting | Snapshot) and update.data.job.name == NAME:
            canary.heard.append(Heard(update, time.monotonic() - started, datetime.now(UTC)))
            news.set()


async def _send(stagecast: Stagecast, pipeline: str) -> Job:
    with tempfile.TemporaryDirectory() as folder:
        return await stagecast.send(Upload(_a_file(folder), pipeline))


def _a_file(folder: str) -> Path:
    path = Path(folder, NAME)
    path.write_text(CONTENT, encoding="utf-8")
    return path
