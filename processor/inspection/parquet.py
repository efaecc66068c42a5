"""Parquet: a table that knows its types."""

from typing import Any

import polars as pl

from processor.inspection.errors import UnreadableContentError
from processor.inspection.table import MAX_COLUMNS, TableProfile
from processor.inspection.wording import clip, plural
from processor.stage import Stage

BATCH_CELLS = 2_000_000
MAX_BATCH_ROWS = 50_000
MAX_ROWS = 100_000_000  # profiled: a few bytes of Parquet can claim billions of equal rows


def read_parquet(stage: Stage) -> TableProfile:
    """The profile of a Parquet file.

    Raises:
        UnreadableContentError: it is damaged, or uses what Polars does not know.
    """
    try:
        return _read(stage)
    except (pl.exceptions.PolarsError, OSError, OverflowError) as error:
        raise UnreadableContentError(f"It cannot be read as Parquet: {clip(str(error), 200)}") from error
    except pl.exceptions.PanicException as error:  # no Exception: Polars panics on some damaged files
        raise UnreadableContentError("It cannot be read as Parquet: it is damaged.") from error


def _read(stage: Stage) -> TableProfile:
    frame = pl.scan_parquet(stage.source.path, glob=False)
    schema = frame.collect_schema()
    rows = int(frame.select(pl.len()).collect().item())
    profile = TableProfile(guess=False)
    names = schema.names()[:MAX_COLUMNS]
    profile.columns_in_all = len(schema)
    for name in names:
        profile.column(name, name)
    frame = frame.select(names).head(MAX_ROWS)
    batch_rows = max(1, min(MAX_BATCH_ROWS, BATCH_CELLS // max(1, len(names))))
    for batch in frame.collect_batches(chunk_size=batch_rows, maintain_order=True):
        _add(profile, batch)
        stage.progress(0.98 * profile.rows / max(1, rows), f"{profile.rows:,} of {plural(rows, 'row')}")
    if rows > profile.rows:
        profile.rows_in_all = rows
        profile.notes.append(f"Only the first {plural(profile.rows, 'row')} of {rows:,} were profiled.")
    profile.notes += [f"Column types: {clip(_types(schema), 500)}."] if schema else []
    return profile


def _add(profile: TableProfile, batch: pl.DataFrame) -> None:
    profile.rows += batch.height
    for series in batch:
        profile.add(series.name, series.name, series)
    if profile.wants_sample():
        for row in batch.head(10).iter_rows():
            profile.show(row)


def _types(schema: pl.Schema) -> str:
    shown: list[tuple[str, Any]] = list(schema.items())[:20]
    return ", ".join(f"{clip(name, 40)} {kind}" for name, kind in shown)
