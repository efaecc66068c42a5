"""Who came first: claims that travel with marks through the log, which shows them to every notifier in one order."""

import re
import time
from collections.abc import Callable

KEPT_SECONDS = 120.0  # longer than a ticket is good
MAX_CLAIMS = 50_000
CLAIM = re.compile(rb"([A-Za-z0-9_-]{1,64}):([A-Za-z0-9_-]{1,64})")


class Claims:
    """The first claimant of each thing. Full, it takes no new ones until the oldest go: nothing is claimed twice."""

    def __init__(self, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._first: dict[bytes, tuple[bytes, float]] = {}  # the oldest in front

    def note(self, mark: bytes) -> None:
        """A mark has come by in the log."""
        now = self._clock()
        for match in CLAIM.finditer(mark):
            self._drop_old(now)
            if len(self._first) < MAX_CLAIMS:
                self._first.setdefault(match[1], (match[2], now))

    def is_first(self, thing: str, claimant: str) -> bool:
        """Whether this claim, which has come by, was the first."""
        return self._first.get(thing.encode(), (b"", 0))[0] == claimant.encode()

    def _drop_old(self, now: float) -> None:
        while self._first:
            oldest = next(iter(self._first))
            if now - self._first[oldest][1] < KEPT_SECONDS:
                return
            del self._first[oldest]
