"""PDF: pages, properties, and the text of the first pages."""

import logging
from typing import Any

import pypdf
from pypdf.errors import PyPdfError

from processor.inspection.analysis import Analysis
from processor.inspection.errors import TooExpensiveError, UnreadableContentError
from processor.inspection.wording import clip, human_size, plural, visible
from processor.stage import Stage

MAX_PDF_BYTES = 512 * 1000 * 1000  # to repair a damaged one, pypdf reads all of it into memory
MAX_PAGES_READ = 20
MAX_EXCERPT = 2_000
MAX_PROPERTY = 300
_PROPERTIES = ("title", "author", "subject", "creator", "producer", "creation_date_raw", "modification_date_raw")
logging.getLogger("pypdf").setLevel(logging.CRITICAL)  # it logs strangers' bytes; what matters is in the findings


def analyse_pdf(stage: Stage) -> Analysis:
    """What the document says about itself.

    Raises:
        UnreadableContentError: it is damaged beyond repair, or too large.
    """
    if stage.source.size > MAX_PDF_BYTES:
        raise TooExpensiveError(f"PDF files above {human_size(MAX_PDF_BYTES)} are not opened.")
    with stage.source.path.open("rb") as file:
        try:
            reader = pypdf.PdfReader(file)
            if reader.is_encrypted and not reader.decrypt(""):  # many are locked for printing only
                return _locked(reader)
            return _read(stage, reader)
        except UnreadableContentError:
            raise
        except (PyPdfError, ValueError, KeyError, TypeError, AttributeError, IndexError, RecursionError) as error:
            raise UnreadableContentError(f"It cannot be read as PDF: {clip(visible(str(error)), 200)}.") from error


def _locked(reader: pypdf.PdfReader) -> Analysis:
    facts = {"encrypted": True, "version": clip(visible(reader.pdf_header), 20)}
    problem = "It is encrypted: without its password nothing but its size can be told."
    return Analysis("pdf", "Encrypted PDF document", facts, dict(facts), problem)


def _read(stage: Stage, reader: pypdf.PdfReader) -> Analysis:
    pages = len(reader.pages)
    properties = _properties(reader)
    characters, excerpt, unreadable = _text(stage, reader, pages)
    facts: dict[str, Any] = {
        "pages": pages,
        "encrypted": reader.is_encrypted,
        "version": clip(visible(reader.pdf_header), 20),
        "title": properties.get("title", ""),
        "characters": sum(characters),
        "pages_read": len(characters),
    }
    detail = facts | {"properties": properties, "characters_by_page": characters, "excerpt": excerpt}
    detail["page_size"] = _page_size(reader) if pages else None
    problem = f"The text of {plural(unreadable, 'page')} could not be read." if unreadable else None
    return Analysis("pdf", f"PDF document, {plural(pages, 'page')}", facts, detail, problem)


def _properties(reader: pypdf.PdfReader) -> dict[str, str]:
    told = {}
    for name in _PROPERTIES:
        try:
            value = getattr(reader.metadata, name, None)
        except (PyPdfError, ValueError, TypeError, AttributeError):
            continue  # one damaged property does not spoil the others
        if value:
            told[name.removesuffix("_raw").replace("_", " ")] = clip(visible(str(value)), MAX_PROPERTY)
    return told


def _text(stage: Stage, reader: pypdf.PdfReader, pages: int) -> tuple[list[int], str, int]:
    """Characters on each of the first pages, how they begin, and how many pages could not be read."""
    characters, excerpt, unreadable = [], "", 0
    wanted = min(pages, MAX_PAGES_READ)
    for number in range(wanted):
        try:
            text = reader.pages[number].extract_text()
        except Exception:  # noqa: BLE001 - a page's program and fonts can be wrong in any way
            text, unreadable = "", unreadable + 1
        characters.append(len(text))
        excerpt += text[: MAX_EXCERPT - len(excerpt)] + "\n" if len(excerpt) < MAX_EXCERPT else ""
        stage.progress(0.98 * (number + 1) / wanted, f"page {number + 1} of {wanted}")
    return characters, excerpt.strip(), unreadable


def _page_size(reader: pypdf.PdfReader) -> str | None:
    """Of the first page, in millimetres."""
    try:
        box = reader.pages[0].mediabox
        return f"{float(box.width) / 72 * 25.4:.0f} × {float(box.height) / 72 * 25.4:.0f} mm"
    except (PyPdfError, ValueError, TypeError, AttributeError, OverflowError, IndexError):
        return None
