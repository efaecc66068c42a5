"""A histogram of a stream of numbers whose range nobody knows beforehand."""

import polars as pl

BINS = 32  # even, since neighbours are merged in pairs
MAX_MAGNITUDE = 1e300  # what lies beyond is counted there, so that no width overflows


class Histogram:
    """Exact counts in equal bins. A number outside doubles the range until it is inside. Bounded memory."""

    def __init__(self) -> None:
        self.counts = [0] * BINS
        self._low = 0.0
        self._width = 0.0

    def add(self, values: pl.Series, *, whole: bool = False) -> None:
        """Count finite Float64 values. When the first are all `whole`, the bins' edges are whole numbers too."""
        if values.is_empty():
            return
        values = values.clip(-MAX_MAGNITUDE, MAX_MAGNITUDE)
        self._cover(float(values.min()), float(values.max()), whole=whole)  # type: ignore[arg-type]
        places = ((values - self._low) / self._width).floor().clip(0, BINS - 1).cast(pl.Int64)
        for place, count in places.value_counts().iter_rows():
            self.counts[place] += count

    def bins(self) -> list[tuple[float, float, int]]:
        """`(from, to, count)` of each bin from the first to the last that has anything."""
        used = [place for place, count in enumerate(self.counts) if count]
        if not used:
            return []
        return [
            (self._edge(place), self._edge(place + 1), self.counts[place]) for place in range(used[0], used[-1] + 1)
        ]

    def _edge(self, place: int) -> float:
        return self._low + self._width * place

    def _cover(self, low: float, high: float, *, whole: bool) -> None:
        if not self._width:
            scale = max(abs(low), abs(high), 1e-280)
            self._low = low
            width = (high - low + 1) // BINS + 1 if whole else (high - low) / BINS
            self._width = max(width, scale * 2**-40)  # never so narrow that floats cannot tell
        while low < self._low:
            self._low -= self._width * BINS
            self._merge(grow_down=True)
        while high > self._edge(BINS):
            self._merge(grow_down=False)

    def _merge(self, *, grow_down: bool) -> None:
        pairs = [self.counts[place] + self.counts[place + 1] for place in range(0, BINS, 2)]
        empty = [0] * (BINS // 2)
        self.counts = empty + pairs if grow_down else pairs + empty
        self._width *= 2
