"""Bytes counted and hashed on their way."""

import asyncio
import hashlib
from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hashlib import _Hash as Hash  # typeshed's name for what hashlib.new() gives

SHA256 = "sha256"


@dataclass(frozen=True)
class Content:
    """What a file's bytes were."""

    size: int
    sha256: str  # lower-case hexadecimal


class Tally:
    """Passes blocks on; each is hashed in a thread while the next one arrives, so the event loop never hashes.

    One block is being hashed at any time: a reader that is faster than the hash waits for it.
    """

    def __init__(self, blocks: AsyncIterator[bytes], hashes: "Iterable[Hash] | None" = None) -> None:
        self._blocks = blocks
        self._hashes = [hashlib.sha256()] if hashes is None else list(hashes)
        self._hashing: asyncio.Future[None] | None = None
        self.size = 0

    def __aiter__(self) -> "Tally":
        return self

    async def __anext__(self) -> bytes:
        block = await anext(self._blocks)
        await self._settle()
        self._hashing = asyncio.get_running_loop().run_in_executor(None, self._hash, block)
        self.size += len(block)
        return block

    async def digests(self) -> dict[str, bytes]:
        """Of all that has passed, by algorithm."""
        await self._settle()
        return {each.name: each.digest() for each in self._hashes}

    async def content(self) -> Content:
        """What has passed."""
        return Content(self.size, (await self.digests())[SHA256].hex())

    async def _settle(self) -> None:
        if self._hashing is not None:
            await self._hashing

    def _hash(self, block: bytes) -> None:
        for each in self._hashes:
            each.update(block)
