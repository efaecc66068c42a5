"""A table's sections: its columns, each with a plot, and its first rows."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from processor.inspection.report import chart
from processor.inspection.report.markup import Child, Markup, element
from processor.inspection.report.parts import folded, section, stranger, table
from processor.inspection.wording import clip, number, percent, plural

MAX_CARDS = 36
MAX_SAMPLE_COLUMNS = 30
MAX_TOP = 6
MAX_LABEL = 60
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def table_sections(detail: Mapping[str, Any]) -> list[Markup]:
    columns = detail.get("columns", [])
    profiled = int(detail.get("rows_profiled", 0))
    made = [_overview(detail, columns, profiled), _cards(columns, profiled), _sample(detail, columns), _faults(detail)]
    return [one for one in made if one is not None]


def _overview(detail: Mapping[str, Any], columns: list[dict[str, Any]], rows: int) -> Markup:
    heads = ["#", "Column", "Type", "Missing", "Distinct", "Least", "Mean", "Greatest"]
    body = [[place, stranger(column["name"]), *_summary(column, rows)] for place, column in enumerate(columns, 1)]
    left_out = int(detail.get("columns_in_all", 0)) - len(columns)
    more = f" {plural(left_out, 'further column')} not profiled." if left_out > 0 else ""
    note = " ".join(map(str, detail.get("notes", []))) + more
    return section("Columns", table(heads, body, numeric=frozenset({3, 4, 5, 6, 7})), note=note.strip())


def _summary(column: Mapping[str, Any], rows: int) -> list[Child]:
    about = "" if column["distinct_exact"] else "≈ "
    told: list[Child] = [column["type"], percent(column["missing"], rows), f"{about}{column['distinct']:,}"]
    if numbers := column.get("numbers"):
        return told + [number(numbers[name]) for name in ("least", "mean", "greatest")]
    if times := column.get("times"):
        return [*told, _moment(times["least"]), "", _moment(times["greatest"])]
    return [*told, "", "", ""]


def _cards(columns: list[dict[str, Any]], rows: int) -> Markup | None:
    plotted = [column for column in columns if column["type"] not in {"empty", "nested"}][:MAX_CARDS]
    if not plotted:
        return None
    return section("Distributions", element("div", *[_card(column, rows) for column in plotted], class_="cards"))


def _card(column: Mapping[str, Any], rows: int) -> Markup:
    top = element(
        "div", element("h3", stranger(column["name"])), element("span", column["type"], class_="badge"), class_="top"
    )
    return element("article", top, element("p", _facts(column, rows), class_="facts"), *_plots(column))


def _facts(column: Mapping[str, Any], rows: int) -> str:
    about = "" if column["distinct_exact"] else "about "
    told = [f"{about}{column['distinct']:,} distinct"]
    if column["missing"]:
        told.append(f"{percent(column['missing'], rows)} missing")
    if numbers := column.get("numbers"):
        told.append(f"mean {number(numbers['mean'])}")
    elif lengths := column.get("lengths"):
        told.append(_lengths(lengths["least"], lengths["greatest"]))
    if column["type"] == "mixed":
        told.append(", ".join(f"{count:,} {kind}" for kind, count in column["kinds"].items()))
    return " · ".join(told)


def _lengths(least: int, greatest: int) -> str:
    to = "" if least == greatest else f"{number(least)} to "
    return to + plural(greatest, "character")


def _plots(column: Mapping[str, Any]) -> list[Markup]:
    numbers, times = column.get("numbers"), column.get("times")
    few = column["distinct"] <= MAX_TOP
    if numbers and not few and numbers["histogram"]:
        return _histogram(numbers, column["name"], times=False)
    if times and not few and times["histogram"]:
        return _histogram(times, column["name"], times=True)
    return [_top(column)]


def _histogram(measures: Mapping[str, Any], name: str, *, times: bool) -> list[Markup]:
    say, bins = _moment if times else number, measures["histogram"]
    ranges = [f"{say(low)} – {say(high)}" for low, high, _ in bins]
    bars = [
        chart.Bar(f"{words}: {int(count):,}", count, "bar time" if times else "bar")
        for words, (_, _, count) in zip(ranges, bins, strict=True)
    ]
    title = f"Histogram of {clip(name, MAX_LABEL)}"
    axis = (say(measures["least"]), say(measures["greatest"]))
    numbers = table(
        ["Range", "Count"],
        [[words, f"{int(row[2]):,}"] for words, row in zip(ranges, bins, strict=True)],
        numeric=frozenset({1}),
    )
    return [chart.columns(bars, title=title, axis=axis), folded("As a table", numbers)]


def _top(column: Mapping[str, Any]) -> Markup:
    top = column["top"][:MAX_TOP]
    bars = [chart.Bar(clip(value, MAX_LABEL), count) for value, count in top]
    head = "Most frequent" if column["top_exact"] else "Most frequent, at least"
    return chart.rows(bars, values=[f"{count:,}" for _, count in top], heads=(head, "Count"))


def _sample(detail: Mapping[str, Any], columns: list[dict[str, Any]]) -> Markup | None:
    rows = detail.get("sample", [])
    if not rows:
        return None
    names = [clip(column["name"], MAX_LABEL) for column in columns[:MAX_SAMPLE_COLUMNS]]
    body: list[list[Child]] = [[_cell(cell) for cell in row[: len(names)]] for row in rows]
    return section("First rows", table(names, body))


def _cell(cell: str | None) -> Markup:
    return element("span", "–", class_="missing") if cell in {None, ""} else stranger(cell)


def _faults(detail: Mapping[str, Any]) -> Markup | None:
    faults = detail.get("faults", [])
    if not faults:
        return None
    more = int(detail.get("broken_rows", 0)) - len(faults)
    items = [element("li", stranger(fault)) for fault in faults]
    return section(
        "Broken rows", element("ul", *items), element("p", f"… and {more:,} more", class_="note") if more > 0 else None
    )


def _moment(seconds: float | None) -> str:
    """A time from seconds since 1970; years beyond the calendar stay numbers."""
    if seconds is None:
        return "–"
    try:
        moment = _EPOCH + timedelta(seconds=float(seconds))
    except OverflowError:
        return number(seconds)
    return moment.strftime("%Y-%m-%d" if moment.timestamp() % 86_400 == 0 else "%Y-%m-%d %H:%M")
