"""Where the bytes of resumable uploads gather. What it says is there is there, whoever is killed at whatever time."""

from collections.abc import AsyncIterator
from typing import Protocol

from gateway.tally import Content


class Receptacle(Protocol):
    """A port of `Files`. Several gateways may work with one upload; all methods may raise `NotReadyError`."""

    async def offset(self, upload_id: str) -> int:
        """How many bytes are there; never less than an answer has said."""

    async def append(self, upload_id: str, offset: int, blocks: AsyncIterator[bytes], *, whole: bool) -> int:
        """Add blocks at the end, which must be at `offset`, and give the new end.

        What came before an error of `blocks` is kept, unless `whole`.

        Raises:
            ConflictError: the end is elsewhere.
            LockedError: somebody else adds to it.
            NotFoundError: it was closed.
        """

    def read(self, upload_id: str) -> AsyncIterator[bytes]:
        """All of it, in blocks."""

    async def become(self, upload_id: str, job_id: str) -> Content:
        """Make it a job's file. May be called again, after a crash at any time in it."""

    async def close(self, upload_id: str, *, at: int) -> bool:
        """Let nobody add to it any more; False when its end is not, or no longer, at `at`, or somebody just adds."""
