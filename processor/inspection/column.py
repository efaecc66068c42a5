"""A column's profile: what its values are like, gathered batch by batch in bounded memory."""

from typing import Any

import polars as pl

from processor.inspection.histogram import Histogram
from processor.inspection.sketch import DistinctSketch, TopValues

MAX_TOP_VALUES = 10
_MISSING = ["", "NA", "N/A", "n/a", "NULL", "null", "None", "NaN", "nan", "-"]
_NUMBER = r"^[+-]?((0|[1-9][0-9]*)(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]+)?$"  # 007 is a code, not a number
_WHOLE = r"^[+-]?(0|[1-9][0-9]*)$"
_TIME = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}([T ][0-9]{2}:[0-9]{2}(:[0-9]{2}([.,][0-9]+)?)?(Z|[+-][0-9]{2}:?[0-9]{2})?)?$"


class Measures:
    """Least, greatest, mean and histogram of numbers."""

    def __init__(self) -> None:
        self.count = 0
        self.least: float | int | None = None
        self.greatest: float | int | None = None
        self._mean = 0.0
        self.histogram = Histogram()

    def add(self, values: pl.Series, exact: pl.Series | None = None) -> None:
        """Take in Float64 values without nulls; `exact` are the same as integers. Infinities and NaN are left out."""
        values = values.filter(values.is_finite())
        if values.is_empty():
            return
        bounds = values if exact is None or exact.is_empty() else exact
        least, greatest = bounds.min(), bounds.max()
        self.least = least if self.least is None else min(self.least, least)  # type: ignore[assignment, type-var]
        self.greatest = greatest if self.greatest is None else max(self.greatest, greatest)  # type: ignore[assignment, type-var]
        self.count += len(values)
        self._mean += float((values / self.count - self._mean / self.count).sum())  # a sum could overflow
        self.histogram.add(values, whole=exact is not None)

    def result(self) -> dict[str, Any]:
        return {
            "least": self.least,
            "greatest": self.greatest,
            "mean": self._mean if self.count else None,
            "histogram": self.histogram.bins(),
        }


class ColumnProfile:
    """What one column holds.

    `guess` says that all values came as text, as in CSV, so that numbers and times have to be recognised.
    """

    def __init__(self, name: str, *, guess: bool) -> None:
        self.name = name
        self.present = 0
        self._guess = guess
        self._kinds: dict[str, int] = {}
        self._distinct = DistinctSketch()
        self._top = TopValues()
        self._numbers = Measures()
        self._times = Measures()
        self._lengths = Measures()

    def add(self, series: pl.Series) -> None:
        """Take in the next values, nulls included."""
        values = series.drop_nulls()
        if self._guess:
            values = values.str.strip_chars()
            values = values.filter(~values.is_in(_MISSING))
        if values.is_empty():
            return
        self.present += len(values)
        self._add_typed(values)

    def result(self, rows: int) -> dict[str, Any]:
        """The profile as JSON values, for a table of `rows` rows."""
        return {
            "name": self.name,
            "type": self.kind(),
            "kinds": self._kinds,
            "missing": max(0, rows - self.present),
            "distinct": min(self.present, self._distinct.count()),
            "distinct_exact": self._distinct.exact,
            "top": self._top.top(MAX_TOP_VALUES),
            "top_exact": self._top.exact,
            **({"numbers": self._numbers.result()} if self._numbers.count else {}),
            **({"times": self._times.result()} if self._times.count else {}),
            **({"lengths": self._lengths.result()} if self._lengths.count else {}),
        }

    def kind(self) -> str:
        """One word for all the values."""
        kinds = set(self._kinds)
        if not kinds:
            return "empty"
        if kinds == {"integer", "decimal"}:
            return "decimal"
        return kinds.pop() if len(kinds) == 1 else "mixed"

    def _add_typed(self, values: pl.Series) -> None:
        kind = values.dtype
        if kind == pl.Boolean:
            self._count("boolean", values.cast(pl.String))
        elif kind.is_numeric():
            self._add_numbers(values)
        elif kind in {pl.Date, pl.Datetime}:
            self._add_times(values.cast(pl.Datetime("us")), values.cast(pl.String))
        elif isinstance(kind, pl.String | pl.Categorical | pl.Enum):
            text = values.cast(pl.String)
            self._add_guessed(text) if self._guess else self._add_text(text)
        elif kind in {pl.Time, pl.Duration}:
            self._count("time", values.cast(pl.String))
        else:
            self._kinds["nested"] = self._kinds.get("nested", 0) + len(values)

    def _add_guessed(self, text: pl.Series) -> None:
        for pattern, take in ((_NUMBER, self._add_number_text), (_TIME, self._add_time_text)):
            fits = text.str.contains(pattern)
            if fits.any():
                take(text.filter(fits))
                text = text.filter(~fits)
            if text.is_empty():
                return
        booleans = text.str.to_lowercase().is_in(["true", "false"])
        self._count("boolean", text.filter(booleans))
        self._add_text(text.filter(~booleans))

    def _add_number_text(self, text: pl.Series) -> None:
        whole = text.str.contains(_WHOLE)
        integers, decimals = text.filter(whole), text.filter(~whole)
        self._count("integer", integers)
        self._count("decimal", decimals)
        if not decimals.is_empty():
            self._numbers.add(decimals.cast(pl.Float64, strict=False).drop_nulls())
        if not integers.is_empty():
            small = integers.cast(pl.Int128, strict=False).drop_nulls()
            exact = small if len(small) == len(integers) else None
            self._numbers.add(integers.cast(pl.Float64, strict=False).drop_nulls(), exact)

    def _add_time_text(self, text: pl.Series) -> None:
        seconds = text.str.slice(0, 19).str.replace("T", " ", literal=True)
        moments = seconds.str.to_datetime("%Y-%m-%d %H:%M:%S", strict=False)
        moments = moments.fill_null(seconds.str.slice(0, 16).str.to_datetime("%Y-%m-%d %H:%M", strict=False))
        moments = moments.fill_null(seconds.str.slice(0, 10).str.to_datetime("%Y-%m-%d", strict=False))
        known = moments.is_not_null()
        self._add_text(text.filter(~known))  # such as 2023-02-30
        self._add_times(moments.filter(known), text.filter(known))

    def _add_numbers(self, values: pl.Series) -> None:
        self._count("integer" if values.dtype.is_integer() else "decimal", values.cast(pl.String))
        self._numbers.add(values.cast(pl.Float64), values if values.dtype.is_integer() else None)

    def _add_times(self, moments: pl.Series, text: pl.Series) -> None:
        self._count("time", text)
        self._times.add(moments.dt.epoch("s").cast(pl.Float64))

    def _add_text(self, text: pl.Series) -> None:
        if text.is_empty():
            return
        self._count("text", text)
        lengths = text.str.len_chars().cast(pl.Int64)
        self._lengths.add(lengths.cast(pl.Float64), lengths)

    def _count(self, kind: str, text: pl.Series) -> None:
        if text.is_empty():
            return
        self._kinds[kind] = self._kinds.get(kind, 0) + len(text)
        self._distinct.add(text)
        self._top.add(text)
