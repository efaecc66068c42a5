"""A file on its way to become one job, however often its connection is lost."""

import asyncio
import os
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote
from uuid import uuid4

import anyio
import httpx

from client.answers import judge
from client.errors import AwayError, UnreachableError
from client.pause import pause
from client.stream import broken
from contracts.job import Job

CHUNK = 256 * 1024
# The answer comes when the last byte is stored and the broker has the job; a big file takes its time.
TIMEOUT = httpx.Timeout(10, read=300, write=60)
TRIES = 6  # some 30 to 45 s of waiting altogether
LEAST_PAUSE = 1.0

Progress = Callable[[int], None]  # how many bytes of the file have been sent
Patience = Callable[[str, float], None]  # why it is tried again, in how many seconds


def ignore(*_: object) -> None:
    """Where nobody looks."""


@dataclass(frozen=True)
class Upload:
    """One file to be sent. Its key makes sending it again harmless: it stays one job."""

    path: Path
    pipeline: str | None = None
    key: str = field(default_factory=lambda: str(uuid4()))


async def send(
    http: httpx.AsyncClient, url: str, upload: Upload, *, sent: Progress = ignore, waiting: Patience = ignore
) -> Job:
    """Send a file until it is a job; `url` is the gateway's.

    Raises:
        OSError: the file cannot be read.
        RefusedError: it is not wanted.
        AwayError, UnreachableError: it could not be sent, however often it was tried. Where nothing listens from the
            beginning, that is once.
    """
    for failures in range(1, TRIES + 1):
        try:
            return await _put(http, url, upload, sent)
        except (AwayError, httpx.TransportError) as error:
            if failures == TRIES or (failures == 1 and isinstance(error, httpx.ConnectError)):
                raise _given_up(error, url) from error
            asked = error.retry_after if isinstance(error, AwayError) else None
            seconds = pause(failures, least=LEAST_PAUSE, asked=asked)
            waiting(broken(error), seconds)
            await asyncio.sleep(seconds)
    raise AssertionError("never here")


async def _put(http: httpx.AsyncClient, url: str, upload: Upload, sent: Progress) -> Job:
    size = upload.path.stat().st_size
    answer = await http.put(
        f"{url}/upload/{quote(os.fsencode(upload.path.name), safe='')}",
        params={"pipeline": upload.pipeline} if upload.pipeline else None,
        content=_blocks(upload.path, size, sent),
        headers={"Idempotency-Key": upload.key, "Content-Length": str(size)},
        timeout=TIMEOUT,
    )
    judge(answer)
    return Job.model_validate(answer.json()["jobs"][0])


async def _blocks(path: Path, size: int, sent: Progress) -> AsyncIterator[bytes]:
    """The file's first `size` bytes: what is written to it meanwhile is not part of the promise made at the start."""
    done = 0
    sent(done)
    async with await anyio.open_file(path, "rb") as file:
        while done < size and (block := await file.read(min(CHUNK, size - done))):
            yield block
            done += len(block)
            sent(done)
    if done < size:
        raise OSError(f"{path} became shorter while it was sent")


def _given_up(error: Exception, url: str) -> Exception:
    if isinstance(error, AwayError):
        return error
    return UnreachableError(f"nothing usable answers at {url} ({broken(error)})")
