"""Tables: CSV, JSON lines and Parquet, with whatever strangers put in them."""

from pathlib import Path

import polars as pl
import pytest

from processor.inspection import delimited, lines, records
from processor.inspection.histogram import Histogram
from processor.inspection.sketch import MAX_HASHES, DistinctSketch
from tests.unit.inspection.workbench import Inspect


def test_columns_are_profiled(inspected: Inspect) -> None:
    rows = "".join(
        f"{n},{n / 4},{'true' if n % 2 else 'false'},2024-02-{n % 28 + 1:02},w{n % 3}\n" for n in range(1, 101)
    )

    result = inspected(f"n,x,even,day,word\n{rows}", "t.csv")

    facts = result.facts["analyse"]
    assert (facts["rows"], facts["columns"], facts["broken_rows"]) == (100, 5, 0)
    n = result.column("n")
    assert (n["type"], n["missing"], n["distinct"], n["distinct_exact"]) == ("integer", 0, 100, True)
    assert (n["numbers"]["least"], n["numbers"]["greatest"], n["numbers"]["mean"]) == (1, 100, 50.5)
    assert sum(count for _, _, count in n["numbers"]["histogram"]) == 100
    assert result.column("x")["type"] == "decimal"
    assert result.column("even")["type"] == "boolean"
    assert result.column("day")["type"] == "time"
    assert dict(result.column("word")["top"]) == {"w0": 33, "w1": 34, "w2": 33}


def test_broken_rows_are_counted_and_described(inspected: Inspect) -> None:
    result = inspected("a,b\n1,2\nonly one\n3,4,5\n5,6\n\n7,8\n", "t.csv")

    facts = result.facts["analyse"]
    assert (facts["rows"], facts["broken_rows"]) == (3, 2)
    assert facts["problem"] == "2 rows could not be read and were left out."
    assert result.detail["faults"] == ["line 3: 1 field instead of 2", "line 4: 3 fields instead of 2"]


def test_quotes_line_feeds_and_delimiters_in_fields(inspected: Inspect) -> None:
    result = inspected('a,b\n"x, y","say ""hi""\nthere"\n1,2\n', "t.csv")

    assert result.facts["analyse"]["rows"] == 2
    assert result.detail["sample"][0] == ["x, y", 'say "hi"\nthere']


def test_missing_values_and_mixed_columns(inspected: Inspect) -> None:
    result = inspected("a,b\n1,\n2,NA\nx,7\n007,8\n", "t.csv")

    assert result.column("b")["missing"] == 2
    a = result.column("a")
    assert (a["type"], a["kinds"]) == ("mixed", {"integer": 2, "text": 2})  # 007 is a code


def test_huge_numbers_stay_exact_or_become_text(inspected: Inspect) -> None:
    result = inspected(f"i,f\n{2**63},1e999\n-5,1e308\n{10**30},1e308\n", "t.csv")

    numbers = result.column("i")["numbers"]
    assert (numbers["least"], numbers["greatest"]) == (-5, str(10**30))
    decimals = result.column("f")["numbers"]
    assert decimals["mean"] == pytest.approx(1e308)  # their sum is beyond a float, and infinity is left out


def test_headers_of_any_kind(inspected: Inspect) -> None:
    result = inspected("名前,<script>alert(1)</script>,,\u202etxt\na,b,c,d\n", "t.csv")

    assert [column["name"] for column in result.detail["columns"]] == [
        "名前", "<script>alert(1)</script>", "column 3", "\u202etxt",
    ]  # fmt: skip


def test_without_a_header_columns_are_numbered(inspected: Inspect) -> None:
    result = inspected("1,2\n3,4\n5,6\n", "t.csv")

    assert result.facts["analyse"]["rows"] == 3
    assert result.facts["analyse"]["column_names"] == ["column 1", "column 2"]


@pytest.mark.parametrize("codec", ["utf-8-sig", "utf-16", "latin-1"])
def test_encodings(codec: str, inspected: Inspect) -> None:
    result = inspected("Straße,x\nKöln,1\nKöln,2\n".encode(codec), "t.csv")

    assert result.column("Straße")["top"] == [["Köln", 2]]


def test_batches_add_up_to_the_same(inspected: Inspect, monkeypatch: pytest.MonkeyPatch) -> None:
    content = "n,w\n" + "".join(f"{n},{n % 7}\n" for n in range(1000))
    whole = inspected(content, "t.csv").detail["columns"]
    monkeypatch.setattr(delimited, "BATCH_ROWS", 13)
    pieces = inspected(content, "t.csv").detail["columns"]

    assert pieces[0]["numbers"]["mean"] == pytest.approx(whole[0]["numbers"]["mean"])
    assert [column["top"] for column in pieces] == [column["top"] for column in whole]
    assert [column["distinct"] for column in pieces] == [1000, 7]
    assert sum(count for *_, count in pieces[0]["numbers"]["histogram"]) == 1000


def test_an_open_quote_does_not_swallow_the_memory(inspected: Inspect, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lines, "MAX_ROW", 2000)
    monkeypatch.setattr(lines, "MAX_LINE", 500)
    endless = '1,2\n3,"' + '\n","' * 5000  # one row that never ends, with fields that do

    result = inspected(f"a,b\n{endless}", "t.csv")

    assert result.facts["analyse"]["rows"] >= 1
    assert result.facts["analyse"]["broken_rows"] > 5


def test_a_field_of_megabytes_is_a_broken_row(inspected: Inspect) -> None:
    result = inspected("a,b\n1,2\n3," + "x" * 3_000_000 + "\n5,6\n", "t.csv")

    assert result.facts["analyse"]["rows"] == 2
    assert result.facts["analyse"]["broken_rows"] >= 1


def test_very_wide_tables_are_profiled_in_part(inspected: Inspect) -> None:
    header = ",".join(f"c{n}" for n in range(1000))
    result = inspected(f"{header}\n" + ",".join(["1"] * 1000) + "\n", "t.csv")

    assert result.facts["analyse"]["columns"] == 1000
    assert len(result.detail["columns"]) == 200


def test_json_lines(inspected: Inspect) -> None:
    lines = [
        '{"id": 1, "who": "ann", "ok": true}',
        '{"id": 2.5, "who": null, "tags": ["a", "b"]}',
        "{broken",
        '{"id": 99999999999999999999999, "who": "\\ud800"}',
        '{"id": NaN}',
        "[" * 100_000,
        "7",
    ]
    result = inspected("\n".join(lines), "t.jsonl")

    facts = result.facts["analyse"]
    assert (facts["rows"], facts["broken_rows"]) == (5, 2)
    assert result.column("id")["kinds"] == {"integer": 1, "decimal": 1, "text": 1}
    assert result.column("ok")["missing"] == 4
    assert result.column("tags")["top"] == [['["a", "b"]', 1]]


def test_a_json_line_of_megabytes_is_broken_once(inspected: Inspect) -> None:
    result = inspected('{"a": 1}\n{"a": "' + "x" * 9_000_000 + '"}\n{"a": 2}\n', "t.jsonl")

    assert (result.facts["analyse"]["rows"], result.facts["analyse"]["broken_rows"]) == (2, 1)


def test_an_array_of_records_is_a_table(inspected: Inspect, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(records, "BATCH_ROWS", 2)
    result = inspected('[{"a": 1}, {"a": 2, "b": "x"}, {"b": "y"}]', "t.json")

    assert result.facts["analyse"]["kind"] == "table"
    assert result.facts["analyse"]["rows"] == 3
    assert result.column("a")["missing"] == 1


def test_a_json_document_is_a_tree(inspected: Inspect) -> None:
    result = inspected('{"a": [1, {"<b>": null}], "c": "d"}', "t.json")

    assert result.facts["analyse"]["summary"] == "JSON object of 2 items, 4 levels deep, 6 values"
    assert ["<b>", 1] in result.detail["keys"]


@pytest.mark.parametrize("content", ['{"a": ', "[" * 200_000, '{"a": 1} trailing'])
def test_broken_json_is_read_as_text(content: str, inspected: Inspect) -> None:
    result = inspected(content, "t.json")

    assert result.facts["analyse"]["kind"] == "text"
    assert "JSON" in result.problem


def test_parquet(inspected: Inspect, tmp_path: Path) -> None:
    path = tmp_path / "t.parquet"
    frame = pl.DataFrame(
        {
            "n": [1, None, 3],
            "big": [2**63 - 1, -(2**63), 0],
            "f": [float("nan"), float("inf"), 0.5],
            "s": ["a", "<b>", None],
            "d": pl.Series(["2024-01-01", None, "2024-01-03"]).str.to_date(),
            "nested": [[1], [], None],
            "raw": [b"\xff", b"", b"x"],
            "flag": [True, False, None],
        }
    )
    frame.write_parquet(path)

    result = inspected(path, "t.parquet")

    assert result.facts["analyse"]["summary"] == "3 rows × 8 columns"
    kinds = {column["name"]: column["type"] for column in result.detail["columns"]}
    assert kinds == {
        "n": "integer", "big": "integer", "f": "decimal", "s": "text",
        "d": "time", "nested": "nested", "raw": "nested", "flag": "boolean",
    }  # fmt: skip
    assert result.column("big")["numbers"]["greatest"] == str(2**63 - 1)
    assert result.column("f")["numbers"]["mean"] == 0.5


def test_a_damaged_parquet_file_is_read_as_bytes(inspected: Inspect, tmp_path: Path) -> None:
    path = tmp_path / "t.parquet"
    pl.DataFrame({"n": range(1000)}).write_parquet(path)
    content = bytearray(path.read_bytes())
    content[50:400] = bytes(350)

    result = inspected(bytes(content), "t.parquet")

    assert result.facts["analyse"]["kind"] == "binary"
    assert result.problem.startswith("It cannot be read as Parquet")


def test_a_histogram_counts_all_whatever_comes_later() -> None:
    histogram = Histogram()
    for batch in ([5.0, 5.0], [6.0], [-1e9, 1e9], [1e300, -1e308, 1e-320]):
        histogram.add(pl.Series(batch, dtype=pl.Float64))

    bins = histogram.bins()
    assert sum(count for _, _, count in bins) == 8
    assert bins[0][0] <= -1e300
    assert bins[-1][1] >= 1e300


def test_a_histogram_of_few_whole_numbers_has_a_bin_for_each() -> None:
    histogram = Histogram()
    histogram.add(pl.Series([1.0, 2.0, 2.0, 6.0]), whole=True)

    assert histogram.bins() == [(1, 2, 1), (2, 3, 2), (3, 4, 0), (4, 5, 0), (5, 6, 0), (6, 7, 1)]


def test_distinct_is_exact_for_few_and_close_for_many() -> None:
    sketch = DistinctSketch()
    sketch.add(pl.Series([str(n % 500) for n in range(1000)]))
    assert (sketch.count(), sketch.exact) == (500, True)

    for start in range(0, 100_000, 10_000):
        sketch.add(pl.Series([str(n) for n in range(start, start + 10_000)]))
    assert not sketch.exact
    assert sketch.count() == pytest.approx(100_000, rel=0.1)
    assert MAX_HASHES < 10_000
