"""Marks: short messages that a notifier leaves in the log, to know how far it has read."""

import asyncio
from collections.abc import Iterable, Mapping
from contextlib import suppress
from itertools import islice

from uuid_utils import uuid4

from notifier.claims import Claims
from notifier.errors import LogRemadeError

MARK = b"stagecast mark "
ASKED_AT_ONCE = 500  # whom one mark serves, so that it is short

Position = asyncio.Future[int]  # of what comes after a mark, once that was read


class Marks:
    """Who waits for a mark, and which were left and have not been read."""

    def __init__(self) -> None:
        self.claims = Claims()
        self._asked: dict[Position, str] = {}  # and what they claim; only those who still wait
        self._has_asked = asyncio.Event()
        self._left: dict[bytes, Position] = {}

    async def ask(self, claim: str = "") -> int:
        """Return the position behind a mark that is left after this, however long the broker is away.

        All that was published before is in front of it. One mark serves all who ask before it is left, and carries
        what they claim: of two who claim the same, every notifier sees the same one come first.
        """
        position: Position = asyncio.get_running_loop().create_future()
        self._asked[position] = claim
        self._has_asked.set()
        try:
            return await position
        finally:
            self._asked.pop(position, None)

    async def until_asked(self, *, seconds: float) -> None:
        """Return when somebody waits for a mark, and after so long even so."""
        if not self._asked:
            self._has_asked.clear()
            with suppress(TimeoutError):
                async with asyncio.timeout(seconds):
                    await self._has_asked.wait()

    def asked(self) -> Mapping[Position, str]:
        """Whom the next mark is to serve, and what they claim: those who have waited longest."""
        return dict(islice(self._asked.items(), ASKED_AT_ONCE))

    def leave(self, claims: Iterable[str] = ()) -> tuple[bytes, Position]:
        """A new mark, to be published, and what will have its position."""
        mark = b" ".join((new_mark(), *(claim.encode() for claim in claims if claim)))
        self._left[mark] = asyncio.get_running_loop().create_future()
        return mark, self._left[mark]

    def read(self, mark: bytes, position: int) -> None:
        """One has come by in the log, of this notifier or of another."""
        self.claims.note(mark)
        left = self._left.pop(mark, None)
        if left is not None and not left.done():
            left.set_result(position)

    def answer(self, asked: Iterable[Position], position: int) -> None:
        """Those who were served need not wait any longer."""
        for each in asked:
            self._asked.pop(each, None)
            if not each.done():
                each.set_result(position)

    def give_up(self, error: LogRemadeError) -> None:
        """Those that were left will not be read."""
        for left in self._left.values():
            if not left.done():
                left.set_exception(error)

    def forget_left(self) -> None:
        """Who asked still waits; those that were left are nobody's any longer."""
        self._left.clear()


def new_mark() -> bytes:
    """Unlike any other."""
    return MARK + str(uuid4()).encode()


def is_mark(body: bytes) -> bool:
    """Whether a message of the log is one."""
    return body.startswith(MARK)
