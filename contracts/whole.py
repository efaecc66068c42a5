"""A stream's way into the store: whole, or not at all."""

import asyncio
from collections.abc import AsyncIterator

import obstore
from obstore.store import ObjectStore

from contracts.bucket import CONCURRENT_PARTS, part_bytes
from contracts.media import attributes_of

WITHDRAWAL_SECONDS = 5.0  # what a store gets to take back the parts of what was broken off


async def put_whole(store: ObjectStore, key: str, blocks: AsyncIterator[bytes], *, largest: int) -> None:
    """Store what comes, which is `largest` bytes at the most; a few parts at a time are in memory.

    When `blocks` raises, that error is raised here. Then, and when this is cancelled, the parts are taken back.

    Raises:
        obstore.exceptions.BaseError, OSError: the store did not take it.
    """
    passing = _Passing(blocks)
    putting = asyncio.ensure_future(
        obstore.put_async(
            store,
            key,
            passing,
            chunk_size=part_bytes(store, largest=largest),
            max_concurrency=CONCURRENT_PARTS,
            use_multipart=True,
            attributes=attributes_of(store, key),
        )
    )
    try:
        await asyncio.shield(putting)
    except asyncio.CancelledError:
        passing.break_off()
        # Cancelled itself, it would forget its parts, and the bucket would keep them.
        await asyncio.wait({putting}, timeout=WITHDRAWAL_SECONDS)
        if putting.done() and not putting.cancelled():
            putting.exception()  # it is ours, and expected
        raise


class _Passing:
    """The blocks, until they are broken off: then an error in their place."""

    def __init__(self, blocks: AsyncIterator[bytes]) -> None:
        self._blocks = blocks
        self._awaiting: asyncio.Task[object] | None = None
        self._is_over = False

    def break_off(self) -> None:
        self._is_over = True
        if self._awaiting is not None:
            self._awaiting.cancel()

    def __aiter__(self) -> "_Passing":
        return self

    async def __anext__(self) -> bytes:
        if self._is_over:
            raise ConnectionAbortedError("broken off")
        self._awaiting = asyncio.current_task()
        try:
            return await anext(self._blocks)
        except asyncio.CancelledError as error:
            raise ConnectionAbortedError("broken off") from error
        finally:
            self._awaiting = None
