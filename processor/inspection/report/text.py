"""Sections of what is read as text: plain text, JSON, PDF."""

from collections.abc import Mapping
from typing import Any

from processor.inspection.report import chart
from processor.inspection.report.markup import Child, Markup, element, preformatted
from processor.inspection.report.parts import properties, section, stranger
from processor.inspection.wording import clip, plural

MAX_EXCERPT = 3_000
MAX_WORDS = 15
MAX_LABEL = 60


def text_sections(detail: Mapping[str, Any]) -> list[Markup]:
    endings = ", ".join(f"{count:,} {ending}" for ending, count in detail["line_endings"].items()) or "none"
    told: list[tuple[str, Child]] = [
        ("Encoding", detail["encoding"]),
        ("Lines", f"{detail['lines']:,}"),
        ("Words", f"{detail['words']:,}"),
        ("Characters", f"{detail['characters']:,}"),
        ("Longest line", plural(detail["longest_line"], "character")),
        ("Line endings", endings),
    ]
    made = [section("Text", properties(told)), _plots(detail), _excerpt(detail)]
    return [one for one in made if one is not None]


def json_sections(detail: Mapping[str, Any]) -> list[Markup]:
    values = detail["values"]
    told: list[tuple[str, Child]] = [("Top level", detail["top_level"]), ("Depth", f"{detail['depth']:,}")]
    made = [section("Structure", properties(told), _counted(list(values.items()), ("Values", "Count")))]
    if keys := detail.get("keys"):
        made.append(section("Most common keys", _counted(keys, ("Key", "Count"))))
    return made


def pdf_sections(detail: Mapping[str, Any]) -> list[Markup]:
    told: list[tuple[str, Child]] = [
        (name.capitalize(), stranger(value)) for name, value in detail.get("properties", {}).items()
    ]
    told += [("Pages", f"{detail['pages']:,}")] if "pages" in detail else []
    told += [("First page", detail["page_size"])] if detail.get("page_size") else []
    told += [("Format", detail["version"]), ("Encrypted", "yes" if detail["encrypted"] else "no")]
    made = [section("Document", properties(told))]
    pages = detail.get("characters_by_page", [])
    if len(pages) > 1 and any(pages):
        bars = [chart.Bar(f"page {place}: {plural(count, 'character')}", count) for place, count in enumerate(pages, 1)]
        picture = chart.columns(bars, title="Characters on each page", axis=("page 1", f"page {len(pages)}"))
        made.append(section("Text on each page", picture, note=f"Of the first {plural(len(pages), 'page')}."))
    if detail.get("excerpt"):
        made.append(section("How it begins", preformatted(detail["excerpt"], MAX_EXCERPT)))
    return made


def _plots(detail: Mapping[str, Any]) -> Markup | None:
    words = detail.get("common_words", [])[:MAX_WORDS]
    lengths = [pair for pair in detail.get("line_lengths", []) if pair[1]]
    plots = []
    if words:
        plots.append(section("Most common words", _counted(words, ("Word", "Count"))))
    if lengths:
        plots.append(section("Lengths of lines", _counted(lengths, ("Characters", "Lines"))))
    return element("div", *plots, class_="two") if plots else None


def _counted(pairs: list[Any], heads: tuple[str, str]) -> Markup:
    bars = [chart.Bar(clip(str(label), MAX_LABEL), count) for label, count in pairs]
    return chart.rows(bars, values=[f"{count:,}" for _, count in pairs], heads=heads)


def _excerpt(detail: Mapping[str, Any]) -> Markup | None:
    if not detail.get("excerpt"):
        return None
    note = "The first part of it." if detail.get("excerpt_cut") else ""
    return section("How it begins", preformatted(detail["excerpt"], MAX_EXCERPT), note=note)
