"""Which sections a kind of file has."""

from collections.abc import Callable, Mapping
from typing import Any

from processor.inspection.report.archive import archive_sections
from processor.inspection.report.image import image_sections
from processor.inspection.report.markup import Markup
from processor.inspection.report.octets import octet_sections
from processor.inspection.report.table import table_sections
from processor.inspection.report.text import json_sections, pdf_sections, text_sections

_SECTIONS: dict[str, Callable[[Mapping[str, Any]], list[Markup]]] = {
    "table": table_sections,
    "archive": archive_sections,
    "text": text_sections,
    "json": json_sections,
    "pdf": pdf_sections,
    "binary": octet_sections,
}


def sections_of(analysis: Mapping[str, Any], thumbnail: str | None) -> list[Markup]:
    """The sections about the file's content; none for an empty file."""
    detail = analysis.get("detail") or {}
    kind = str(analysis.get("kind"))
    if kind == "image":
        return image_sections(detail, thumbnail)
    return _SECTIONS[kind](detail) if kind in _SECTIONS else []
