"""Tables: rows that come in batches from CSV, JSON lines or Parquet, and the profile of their columns."""

from collections.abc import Iterable
from typing import Any

import polars as pl

from processor.inspection.column import ColumnProfile
from processor.inspection.wording import clip, plural

MAX_COLUMNS = 200  # profiled; the others are only counted
MAX_SAMPLE_ROWS = 10
MAX_SAMPLE_CELL = 80
MAX_NAME = 200
MAX_FAULTS = 10  # broken rows that are described; the others are only counted


class TableProfile:
    """What a table holds, gathered batch by batch."""

    def __init__(self, *, guess: bool) -> None:
        self.rows = 0  # profiled
        self.rows_in_all: int | None = None  # when not all were profiled
        self.columns_in_all = 0
        self.broken = 0
        self.notes: list[str] = []
        self._guess = guess
        self._faults: list[str] = []
        self._columns: dict[str | int, ColumnProfile] = {}
        self._sample: list[list[str | None]] = []

    def column(self, key: str | int, name: str) -> ColumnProfile | None:
        """The profile of the column `key`; None when there are too many columns already."""
        if key not in self._columns:
            self.columns_in_all = max(self.columns_in_all, len(self._columns) + 1)
            if len(self._columns) >= MAX_COLUMNS:
                return None
            self._columns[key] = ColumnProfile(clip(name, MAX_NAME), guess=self._guess)
        return self._columns[key]

    def add(self, key: str | int, name: str, values: pl.Series) -> None:
        """Take in the next values of a column."""
        if (column := self.column(key, name)) is not None:
            column.add(values)

    def wants_sample(self) -> bool:
        return len(self._sample) < MAX_SAMPLE_ROWS

    def show(self, row: Iterable[Any]) -> None:
        """Keep a row for the preview, as long as it has room."""
        if self.wants_sample():
            self._sample.append([None if cell is None else clip(str(cell), MAX_SAMPLE_CELL) for cell in row])

    def fault(self, text: str) -> None:
        """Count a row that cannot be read, and keep the first few reasons."""
        self.broken += 1
        if len(self._faults) < MAX_FAULTS:
            self._faults.append(text)

    def summary(self) -> str:
        broken = f", {plural(self.broken, 'broken row')}" if self.broken else ""
        return f"{plural(self.rows_in_all or self.rows, 'row')} × {plural(self.columns_in_all, 'column')}{broken}"

    def facts(self) -> dict[str, Any]:
        """The small part, for events."""
        names = [clip(column.name, 60) for column in list(self._columns.values())[:20]]
        return {
            "rows": self.rows_in_all or self.rows,
            "columns": self.columns_in_all,
            "broken_rows": self.broken,
            "column_names": names,
        }

    def detail(self) -> dict[str, Any]:
        """The large part, for the artifact."""
        return {
            "rows": self.rows_in_all or self.rows,
            "rows_profiled": self.rows,
            "columns_in_all": self.columns_in_all,
            "broken_rows": self.broken,
            "faults": self._faults,
            "notes": self.notes,
            "columns": [column.result(self.rows) for column in self._columns.values()],
            "sample": self._sample,
        }

    def problem(self) -> str | None:
        """A sentence, when some of it could not be read."""
        if not self.broken:
            return None
        return f"{plural(self.broken, 'row')} could not be read and {'was' if self.broken == 1 else 'were'} left out."
