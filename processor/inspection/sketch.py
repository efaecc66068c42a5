"""Sketches: what is distinct and what is frequent, in memory that does not grow with the data."""

import polars as pl

MAX_HASHES = 2048  # exact up to here, then within about 2 %
MAX_TRACKED = 1000  # values; the rarest are forgotten beyond twice as many
MAX_VALUE = 80  # characters of a value that are kept and told apart
_SEED = 20
_HASH_SPACE = 2.0**64


class DistinctSketch:
    """How many different values: the smallest hashes tell (K minimum values, Bar-Yossef et al. 2002)."""

    def __init__(self) -> None:
        self._hashes = pl.Series(dtype=pl.UInt64)

    def add(self, values: pl.Series) -> None:
        """Take in values without nulls."""
        seen = pl.concat([self._hashes, values.hash(_SEED).unique()]).unique()
        self._hashes = seen.bottom_k(MAX_HASHES) if len(seen) > MAX_HASHES else seen

    @property
    def exact(self) -> bool:
        return len(self._hashes) < MAX_HASHES

    def count(self) -> int:
        if self.exact:
            return len(self._hashes)
        largest = int(self._hashes.max())  # type: ignore[arg-type]
        estimate = (MAX_HASHES - 1) / (largest / _HASH_SPACE)
        return int(float(f"{estimate:.2g}"))  # more digits would say more than is known


class TopValues:
    """The most frequent values. Counts are exact until more than `MAX_TRACKED` differ, then they are lower bounds."""

    def __init__(self) -> None:
        self._counts: dict[str, int] = {}
        self.exact = True

    def add(self, values: pl.Series) -> None:
        """Take in strings without nulls."""
        counted = values.str.slice(0, MAX_VALUE).value_counts(sort=True)
        self.exact = self.exact and len(counted) <= MAX_TRACKED
        for value, count in counted.head(MAX_TRACKED).iter_rows():
            self._counts[value] = self._counts.get(value, 0) + count
        if len(self._counts) > 2 * MAX_TRACKED:
            self.exact = False
            self._counts = dict(self._ranked(MAX_TRACKED))

    def top(self, limit: int) -> list[tuple[str, int]]:
        """The most frequent first; of equals, the smaller."""
        return self._ranked(limit)

    def _ranked(self, limit: int) -> list[tuple[str, int]]:
        return sorted(self._counts.items(), key=lambda item: (-item[1], item[0]))[:limit]
