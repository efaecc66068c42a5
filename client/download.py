"""An artifact on its way here: all of it or nothing under its name, and what came before a cut is gone on with."""

import hashlib
from collections.abc import AsyncGenerator, Callable
from dataclasses import dataclass
from pathlib import Path

import httpx

from client.answers import judge
from client.errors import ClientError

TIMEOUT = httpx.Timeout(10, read=60)

Progress = Callable[[int], None]  # how many bytes are there


@dataclass(frozen=True)
class Wanted:
    """An artifact, and what is known of it beforehand."""

    url: str
    size: int
    sha256: str | None = None


def partial(target: Path) -> Path:
    """Where the bytes are until all have come."""
    return target.with_name(f"{target.name}.part")


async def blocks(http: httpx.AsyncClient, wanted: Wanted, *, start: int = 0) -> AsyncGenerator[bytes, None]:
    """Its bytes from `start` on.

    Raises:
        ClientError: it is not served, or not from there.
        httpx.TransportError: the connection is lost.
    """
    headers = {"Accept-Encoding": "identity", **({"Range": f"bytes={start}-"} if start else {})}
    async with http.stream("GET", wanted.url, headers=headers, timeout=TIMEOUT) as answer:
        if not answer.is_success:
            await answer.aread()
        judge(answer)
        if start and answer.status_code != httpx.codes.PARTIAL_CONTENT:
            raise ClientError("what stands in front of the gateway does not pass `Range` on")
        async for block in answer.aiter_bytes():
            yield block


async def to_file(http: httpx.AsyncClient, wanted: Wanted, target: Path, *, progress: Progress) -> None:
    """Download, going on with what an earlier try left; then, in one step, let it stand under its name.

    Raises:
        OSError: the file cannot be written.
        ClientError: as `blocks`, or what came is not what was announced: then nothing is left of it.
        httpx.TransportError: the connection is lost; what came is kept, to go on with.
    """
    part = partial(target)
    done = part.stat().st_size if part.exists() else 0
    if done > wanted.size:
        done = 0
    with part.open("ab" if done else "wb") as file:
        progress(done)
        if done < wanted.size:
            async for block in blocks(http, wanted, start=done):
                done += file.write(block)
                progress(done)
    verify(part, wanted)
    part.replace(target)


def verify(part: Path, wanted: Wanted) -> None:
    """Remove what is not the artifact: it was changed between two tries, or damaged on its way.

    Raises:
        ClientError: it was.
    """
    with part.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    if part.stat().st_size == wanted.size and wanted.sha256 in {None, digest}:
        return
    part.unlink()
    raise ClientError(f"{part.name} was not the artifact that the job tells of, and is removed: download it again")
