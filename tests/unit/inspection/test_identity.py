"""Identity comes from content; the name is only compared with it."""

import gzip

import pytest

from processor.inspection.identity import Identity, identity_of
from tests.unit.inspection.files import image, noise, tarred, zipped


def identity(content: bytes, name: str = "file") -> Identity:
    return identity_of(content, content[-1024:], name, whole=True)


@pytest.mark.parametrize(
    ("content", "media_type", "kind"),
    [
        (b"", "inode/x-empty", "empty"),
        (image("PNG"), "image/png", "image"),
        (image("JPEG"), "image/jpeg", "image"),
        (image("GIF"), "image/gif", "image"),
        (image("WEBP"), "image/webp", "image"),
        (image("BMP"), "image/bmp", "image"),
        (image("TIFF"), "image/tiff", "image"),
        (image("ICO"), "image/vnd.microsoft.icon", "image"),
        (image("PPM"), "image/x-portable-anymap", "image"),
        (zipped({"a": b"b"}), "application/zip", "archive"),
        (zipped({}), "application/zip", "archive"),
        (tarred({"a": b"b"}), "application/x-tar", "archive"),
        (gzip.compress(b"a"), "application/gzip", "archive"),
        (b"%PDF-1.4\n%%EOF", "application/pdf", "pdf"),
        (b"SQLite format 3\0" + bytes(100), "application/vnd.sqlite3", "binary"),
        (b"a,b,c\n1,2,3\n4,5,6\n", "text/csv", "table"),
        (b"a\tb\n1\t2\n3\t4\n", "text/tab-separated-values", "table"),
        (b"a;b\n1,5;2\n3;4\n", "text/csv", "table"),
        (b'{"a": 1}\n{"a": 2}\n', "application/x-ndjson", "table"),
        (b'{"a":\n 1}', "application/json", "json"),
        (b"[1, 2]", "application/json", "json"),
        (b"<?xml version='1.0'?>\n<svg></svg>", "image/svg+xml", "text"),
        (b"<!DOCTYPE html><html></html>", "text/html", "text"),
        (b"#!/bin/sh\necho\n", "application/x-sh", "text"),
        (b"Hello, world.\nThis is prose, of two lines.\nAnd more.\n", "text/plain", "text"),
        (noise(5000), "application/octet-stream", "binary"),
        (bytes(5000), "application/octet-stream", "binary"),
    ],
)
def test_content_decides(content: bytes, media_type: str, kind: str) -> None:
    found = identity(content)

    assert (found.media_type, found.kind) == (media_type, kind)
    assert 0 < found.confidence <= 1
    assert found.mismatch is None


def test_a_document_in_a_zip_is_recognised() -> None:
    word = zipped({"[Content_Types].xml": b"", "word/document.xml": b"<w/>"})

    assert identity(word, "letter.docx").description == "Word document"
    assert identity(word, "letter.docx").mismatch is None


@pytest.mark.parametrize(
    ("content", "name", "word"),
    [
        (image("JPEG"), "photo.png", "JPEG"),
        (b"just some text\n", "photo.png", "text/plain"),
        (noise(10) + image("PNG"), "x.bin", None),
        (image("PNG"), "notes.txt", "PNG"),
        (b'{"a": 1}', "table.csv", "JSON"),
        (zipped({"a": b""}), "music.MP3", "Zip"),
        (b"a,b\n1,2\n3,4\n", "table.txt", None),
        (b"a,b\n1,2\n3,4\n", "table.unheard-of", None),
        (tarred({"a": b"b"}, "w:gz"), "backup.tar.gz", None),
        (zipped({"a": b""}), "library.jar", None),
        (b"%!PS-Adobe-3.0\n", "drawing.ps", None),
        (b"", "empty.png", None),
    ],
)
def test_a_wrong_ending_is_noted(content: bytes, name: str, word: str | None) -> None:
    mismatch = identity(content, name).mismatch

    assert (mismatch is None) == (word is None)
    assert word is None or word in str(mismatch)


def test_a_csv_of_one_column_needs_its_name() -> None:
    content = b"name\nann\nbob\n"

    assert identity(content, "names.csv").media_type == "text/csv"
    assert identity(content, "names").media_type == "text/plain"


@pytest.mark.parametrize(
    ("text", "codec", "told"),
    [
        ("plain", "ascii", "ascii"),
        ("naïve 報告", "utf-8", "utf-8"),
        ("naïve", "utf-8-sig", "utf-8-sig"),
        ("naïve 報告", "utf-16", "utf-16"),
        ("plain words", "utf-16-le", "utf-16-le"),
        ("plain words", "utf-16-be", "utf-16-be"),
        ("naïve café", "latin-1", "iso-8859-1"),
        ("naïve “café”", "cp1252", "windows-1252"),
    ],
)
def test_encodings_are_told_apart(text: str, codec: str, told: str) -> None:
    assert identity(text.encode(codec)).encoding == told


def test_a_character_cut_at_the_end_of_the_head_is_no_fault() -> None:
    head = "é".encode() * 100

    assert identity_of(head[:-1], b"", "", whole=False).encoding == "utf-8"
