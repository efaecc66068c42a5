"""Delimited text: CSV and its kin, row by row, so that a broken row costs no more than itself."""

import csv
from collections.abc import Iterator

import polars as pl

from processor.inspection.encoding import reader_codec
from processor.inspection.identity import HEAD_BYTES
from processor.inspection.lines import Lines, RowTooLongError
from processor.inspection.reading import tell_bytes
from processor.inspection.table import MAX_COLUMNS, MAX_SAMPLE_ROWS, TableProfile
from processor.inspection.texture import Layout, layout_of
from processor.inspection.wording import plural
from processor.stage import Stage

BATCH_CHARACTERS = 4 * 1024 * 1024
BATCH_ROWS = 50_000


class DelimitedReader:
    """Fills a profile from a delimited text."""

    def __init__(self, stage: Stage, encoding: str) -> None:
        self._stage = stage
        self._encoding = encoding
        self._names: list[str] = []  # none until the first good row
        self._fields = 0  # of a good row; 0 until one is known
        self._rows: list[list[str]] = []  # at most BATCH_ROWS and about BATCH_CHARACTERS, then they are profiled
        self.profile = TableProfile(guess=True)

    def read(self) -> TableProfile:
        """The profile of the whole file. Rows that cannot be read are counted."""
        layout = self._layout()
        self._fields = layout.fields if layout.fields > 1 else 0
        self.profile.notes.append(f"Fields are separated by {_NAMES[layout.delimiter]}.")
        with Lines(self._stage.source.path, self._encoding) as lines:
            rows = csv.reader(lines, delimiter=layout.delimiter)
            while True:
                try:
                    self._read_rows(rows, lines)
                    break
                except (csv.Error, RowTooLongError) as error:  # of one row; the reader goes on after it
                    lines.row = 0
                    self.profile.fault(f"line {lines.number:,}: {error}")
        self._flush()
        return self.profile

    def _read_rows(self, rows: Iterator[list[str]], lines: Lines) -> None:
        """The loop that all of the file goes through, so it does little."""
        kept, flush_at = self._rows, lines.characters + BATCH_CHARACTERS
        for row in rows:
            lines.row = 0
            if len(row) == self._fields and self._names:
                kept.append(row)
            else:
                self._take_odd(row, lines.number)
            if lines.characters > flush_at or len(kept) >= BATCH_ROWS:
                self._flush()
                flush_at = lines.characters + BATCH_CHARACTERS
                tell_bytes(self._stage, lines.position, upto=0.98)

    def _layout(self) -> Layout:
        with self._stage.source.path.open("rb") as file:
            head = file.read(HEAD_BYTES).decode(reader_codec(self._encoding), errors="replace")
        return layout_of(head)

    def _take_odd(self, row: list[str], line: int) -> None:
        """A blank line, the names of the columns, or a broken row."""
        if not row:
            return
        self._fields = self._fields or len(row)
        if len(row) != self._fields:
            self.profile.fault(f"line {line:,}: {plural(len(row), 'field')} instead of {self._fields:,}")
        else:
            self._begin(row)

    def _begin(self, row: list[str]) -> None:
        """The first good row names the columns, if it looks as if; before it stand comments and titles."""
        headed = _is_header(row)
        self._names = [cell.strip() if headed and cell.strip() else f"column {n}" for n, cell in enumerate(row, 1)]
        self.profile.columns_in_all = len(row)
        for key, name in enumerate(self._names[:MAX_COLUMNS]):
            self.profile.column(key, name)
        if not headed:
            self.profile.notes.append("The first row does not look like names, so the columns are numbered.")
            self._rows.append(row)

    def _flush(self) -> None:
        self.profile.rows += len(self._rows)
        for row in self._rows[:MAX_SAMPLE_ROWS]:
            self.profile.show(row[:MAX_COLUMNS])
        for key in range(min(len(self._names), MAX_COLUMNS)):
            self.profile.add(key, self._names[key], pl.Series([row[key] for row in self._rows], dtype=pl.String))
        self._rows.clear()


_NAMES = {",": "commas", "\t": "tabs", ";": "semicolons", "|": "vertical bars"}


def _is_header(row: list[str]) -> bool:
    """Names are distinct, and none of them is a number."""
    cells = [cell.strip() for cell in row]
    named = [cell for cell in cells if cell]
    return bool(named) and len(set(named)) == len(named) and not any(_is_number(cell) for cell in named)


def _is_number(cell: str) -> bool:
    try:
        float(cell.replace(",", "."))
    except ValueError:
        return False
    return True
