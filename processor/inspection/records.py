"""Records: JSON objects, one a line or in an array, as rows of a table."""

import json
from collections.abc import Iterable, Iterator
from typing import Any

import polars as pl

from processor.inspection.lines import MAX_LINE, Lines, RowTooLongError
from processor.inspection.plain import whole_characters
from processor.inspection.reading import tell_bytes
from processor.inspection.table import MAX_COLUMNS, TableProfile
from processor.stage import Stage

BATCH_ROWS = 5_000
BATCH_CHARACTERS = 4 * 1024 * 1024
Record = dict[str, Any]


class RecordTable:
    """Fills a profile from records of any shape; the columns are all the keys that occur."""

    def __init__(self) -> None:
        self.profile = TableProfile(guess=False)
        self._records: list[Record] = []

    def add(self, value: object) -> None:
        """Take in the next record. What is no object is a row with one column, `value`."""
        self.profile.rows += 1
        self._records.append(value if isinstance(value, dict) else {"value": value})
        if len(self._records) >= BATCH_ROWS:
            self.flush()

    def flush(self) -> None:
        """Profile what has been taken in so far."""
        names: dict[str, None] = {}
        for record in self._records:
            names.update(dict.fromkeys(record))
        for name in names:
            self._add_column(name, [record[name] for record in self._records if record.get(name) is not None])
        if self.profile.wants_sample():
            self._show_first(list(names)[:MAX_COLUMNS])
        self._records.clear()

    def _add_column(self, name: str, values: list[Any]) -> None:
        title = whole_characters(name)
        if self.profile.column(title, title) is None:
            return
        for series in _typed(values):
            self.profile.add(title, title, series)

    def _show_first(self, names: list[str]) -> None:
        for record in self._records:
            self.profile.show(None if record.get(name) is None else _as_text(record[name]) for name in names)


def read_json_lines(stage: Stage, encoding: str) -> TableProfile:
    """The profile of a file with a record on each line. Lines that are no JSON are counted."""
    table = RecordTable()
    with Lines(stage.source.path, encoding) as lines:
        characters = 0
        for line in _whole_lines(lines, table.profile):
            characters += len(line)
            _add_line(table, line, lines.number)
            if characters >= BATCH_CHARACTERS:
                table.flush()
                characters = 0
            tell_bytes(stage, lines.position, upto=0.98)
    table.flush()
    return table.profile


def _whole_lines(lines: Lines, profile: TableProfile) -> Iterator[str]:
    """The lines that are not blank; one too long to be held is counted as broken, once."""
    cut = False
    while True:
        try:
            line = next(lines)
        except StopIteration:
            return
        except RowTooLongError:
            continue
        lines.row = 0
        ended = line.endswith(("\n", "\r"))
        if cut or (not ended and len(line) >= MAX_LINE):
            if not cut:
                profile.fault(f"line {lines.number + 1:,}: longer than {MAX_LINE:,} characters")
            cut = not ended
        elif line.strip():
            yield line


def _add_line(table: RecordTable, line: str, number: int) -> None:
    try:
        table.add(json.loads(line, parse_constant=lambda _: None))
    except ValueError as error:
        table.profile.fault(f"line {number:,}: {error}")
    except RecursionError:
        table.profile.fault(f"line {number:,}: nested too deeply")


def _typed(values: Iterable[Any]) -> Iterator[pl.Series]:
    """The values as columns of one type each."""
    groups: dict[str, list[Any]] = {}
    for value in values:
        group, kept = _sorted_in(value)
        groups.setdefault(group, []).append(kept)
    types = {"boolean": pl.Boolean, "integer": pl.Int64, "decimal": pl.Float64, "text": pl.String}
    for group, members in groups.items():
        yield pl.Series(members, dtype=types[group])


def _sorted_in(value: object) -> tuple[str, Any]:
    match value:
        case bool():
            return "boolean", value
        case int() if -(2**63) <= value < 2**63:
            return "integer", value
        case float():
            return "decimal", value
        case _:
            return "text", _as_text(value)


def _as_text(value: object) -> str:
    if isinstance(value, str):
        return whole_characters(value)
    try:
        return json.dumps(value, ensure_ascii=False).encode("utf-8", "replace").decode()
    except (ValueError, RecursionError):  # digits or depth beyond what Python prints
        return "(too large to show)"
