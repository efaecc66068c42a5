"""Kinds: what the analysis makes of a media type."""

from typing import Literal

Kind = Literal["empty", "table", "json", "image", "archive", "pdf", "text", "binary"]

OOXML = "application/vnd.openxmlformats-officedocument"
PARQUET = "application/vnd.apache.parquet"
JSON_LINES = "application/x-ndjson"
EMPTY = "inode/x-empty"
UNKNOWN = "application/octet-stream"

_TABLES = {"text/csv", "text/tab-separated-values", JSON_LINES, PARQUET}
_IMAGES = {
    f"image/{name}" for name in ("png", "jpeg", "gif", "webp", "bmp", "tiff", "avif", "vnd.microsoft.icon", "jp2")
}
_IMAGES.add("image/x-portable-anymap")
_TEXTUAL = {"application/xml", "application/javascript", "application/x-sh", "application/rtf", "image/svg+xml"}
ZIPPED = {  # a file that is a zip with a purpose, by a name that it holds
    "word/document.xml": (f"{OOXML}.wordprocessingml.document", "Word document"),
    "xl/workbook.xml": (f"{OOXML}.spreadsheetml.sheet", "Excel workbook"),
    "ppt/presentation.xml": (f"{OOXML}.presentationml.presentation", "PowerPoint presentation"),
    "META-INF/MANIFEST.MF": ("application/java-archive", "Java archive"),
    "META-INF/container.xml": ("application/epub+zip", "EPUB book"),
    "AndroidManifest.xml": ("application/vnd.android.package-archive", "Android package"),
    "content.xml": ("application/vnd.oasis.opendocument", "OpenDocument file"),
}
_ARCHIVES = {f"application/{name}" for name in ("zip", "x-tar", "gzip", "x-bzip2", "x-xz", "zstd")}
_ARCHIVES |= {media_type for media_type, _ in ZIPPED.values()}


_KINDS: dict[Kind, set[str]] = {
    "empty": {EMPTY},
    "table": _TABLES,
    "json": {"application/json"},
    "pdf": {"application/pdf"},
    "image": _IMAGES,
    "archive": _ARCHIVES,
    "text": _TEXTUAL,
}


def kind_of(media_type: str) -> Kind:
    """How a file of that type is analysed; `binary` when nothing better is known."""
    for kind, media_types in _KINDS.items():
        if media_type in media_types:
            return kind
    return "text" if media_type.startswith("text/") else "binary"
