"""Texture: which sort of text it is. Light checks on its first part, no parser of the whole."""

import csv
import io
import json
import re
from collections import Counter
from dataclasses import dataclass
from itertools import islice

from processor.inspection.encoding import reader_codec
from processor.inspection.kinds import JSON_LINES
from processor.inspection.signatures import Signature

DELIMITERS = (",", "\t", ";", "|")
MAX_ROWS_TRIED = 200
MIN_SHARE = 0.9  # of the rows, with one number of fields: then it is a table, whatever its name says
_MARKUP = (
    (re.compile(r"<svg[\s>]", re.IGNORECASE), "image/svg+xml", "SVG drawing"),
    (re.compile(r"<!doctype html|<html[\s>]", re.IGNORECASE), "text/html", "HTML page"),
    (re.compile(r"\A\s*<\?xml\s", re.IGNORECASE), "application/xml", "XML document"),
)
_JSON_START = re.compile(r'\s*(\{\s*("|\}|\Z)|\[\s*(["{\[\]\-0-9]|true|false|null|\Z))')
_CLAIMED = {
    ".md": ("text/markdown", "Markdown text"),
    ".py": ("text/x-python", "Python source"),
    ".html": ("text/html", "HTML page"),
    ".xml": ("application/xml", "XML document"),
    ".css": ("text/css", "Style sheet"),
    ".js": ("text/javascript", "JavaScript source"),
}


@dataclass(frozen=True)
class Layout:
    """How a delimited text is built."""

    delimiter: str
    fields: int = 1  # in most rows
    share: float = 0.0  # of the rows that have so many
    regular: bool = False  # the first row is one of them


def texture_of(head: bytes, encoding: str, ending: str, *, whole: bool) -> Signature:
    """Table, JSON, markup or plain text. The name's `ending` settles what the text leaves open."""
    text = head.decode(reader_codec(encoding), errors="replace")
    if not whole:
        text = text[: text.rfind("\n") + 1] or text  # a cut last line would look broken
    return (
        _markup(text)
        or _json(text, ending)
        or _table(text, ending)
        or _script(text)
        or (Signature(*_CLAIMED[ending], 0.6) if ending in _CLAIMED else None)
        or Signature("text/plain", "Plain text", 0.6 if encoding == "ascii" else 0.7)
    )


def layout_of(text: str) -> Layout:
    """How the rows of a delimited text are built, as far as its first ones show; one column if none of it fits."""
    return max((_layout(text, delimiter) for delimiter in DELIMITERS), key=_fit)


def _fit(layout: Layout) -> tuple[bool, float, int]:
    return layout.share >= MIN_SHARE, layout.share if layout.fields > 1 else 0.0, layout.fields


def _layout(text: str, delimiter: str) -> Layout:
    lines = islice(io.StringIO(text, newline=""), MAX_ROWS_TRIED * 5)
    rows = islice(csv.reader(lines, delimiter=delimiter), MAX_ROWS_TRIED)
    try:
        widths = [len(row) for row in rows if row]
    except csv.Error:  # a field beyond the csv module's limit
        widths = []
    fields, rows_of_them = Counter(widths).most_common(1)[0] if widths else (1, 0)
    if fields == 1:
        return Layout(delimiter)
    return Layout(delimiter, fields, rows_of_them / len(widths), regular=widths[0] == fields)


def _markup(text: str) -> Signature | None:
    start = text[:2000].lstrip("\ufeff \t\r\n")
    if not start.startswith("<"):
        return None
    return next((Signature(kind, words, 0.9) for pattern, kind, words in _MARKUP if pattern.search(start)), None)


def _json(text: str, ending: str) -> Signature | None:
    lines = [line for line in islice(text.splitlines(), 50) if line.strip()]
    records = sum(_is_record(line) for line in lines)
    claimed_lines = ending in {".jsonl", ".ndjson"}
    if lines and records >= (0.5 if claimed_lines else 0.8) * len(lines) and (len(lines) > 1 or claimed_lines):
        return Signature(JSON_LINES, "JSON lines", 0.9)
    return Signature("application/json", "JSON document", 0.8) if _JSON_START.match(text) else None


def _is_record(line: str) -> bool:
    try:
        return isinstance(json.loads(line), dict)
    except (ValueError, RecursionError):
        return False


def _table(text: str, ending: str) -> Signature | None:
    claimed = ending in {".csv", ".tsv", ".tab"}
    layout = layout_of(text)
    enough = text.count("\n") + (not text.endswith("\n")) >= (1 if claimed else 3)
    if not enough or (not claimed and (layout.share < MIN_SHARE or not layout.regular)):
        return None
    if layout.delimiter == "\t":
        return Signature("text/tab-separated-values", "Tab-separated table", 0.8)
    return Signature("text/csv", "Comma-separated table" if layout.delimiter == "," else "Delimited table", 0.8)


def _script(text: str) -> Signature | None:
    if not text.startswith("#!"):
        return None
    first = text[:120].splitlines()[0]
    if "python" in first:
        return Signature("text/x-python", "Python script", 0.9)
    return Signature("application/x-sh" if "sh" in first else "text/plain", "Script", 0.9)
