"""Text, PDF and bytes."""

import io

import pypdf
import pytest
from pypdf.generic import DecodedStreamObject, DictionaryObject, NameObject

from processor.inspection import text as text_module
from tests.unit.inspection.files import noise
from tests.unit.inspection.workbench import Inspect


@pytest.mark.parametrize("codec", ["utf-8", "latin-1", "utf-16", "utf-8-sig"])
def test_lines_and_words_in_any_encoding(codec: str, inspected: Inspect) -> None:
    result = inspected("Ein schöner Tag\r\nein Süßes Reh\r\n\r\nohne Ende".encode(codec), "t.txt")

    facts = result.facts["analyse"]
    assert (facts["lines"], facts["words"], facts["longest_line"]) == (4, 8, 15)
    assert facts["line_endings"] == {"CRLF": 3}
    assert result.detail["common_words"][0] == ["ein", 2]


@pytest.mark.parametrize("size", [1, 2, 3, 7])
def test_pieces_add_up_to_the_same(size: int, inspected: Inspect, monkeypatch: pytest.MonkeyPatch) -> None:
    content = "one two\r\n\r\nthree\rfour  five\nsix\r\n"
    whole = inspected(content, "t.txt").facts
    monkeypatch.setattr(text_module, "CHUNK_CHARACTERS", size)

    assert inspected(content, "t.txt").facts == whole
    assert whole["analyse"]["line_endings"] == {"CRLF": 3, "LF": 1, "CR": 1}
    assert (whole["analyse"]["lines"], whole["analyse"]["words"]) == (5, 6)


def test_one_endless_line_is_fine(inspected: Inspect) -> None:
    facts = inspected("word " * 500_000, "t.txt").facts["analyse"]

    assert (facts["lines"], facts["words"], facts["longest_line"]) == (1, 500_000, 2_500_000)


def test_undecodable_characters_are_counted(inspected: Inspect) -> None:
    result = inspected(b"fine\n" * 100_000 + b"\xff\xfe\n", "t.txt")

    assert result.problem == "2 characters could not be decoded as ascii."


def pdf(pages: int = 2, title: str = "A <b>title</b>", password: str | None = None) -> bytes:
    writer = pypdf.PdfWriter()
    for number in range(pages):
        page = writer.add_blank_page(595, 842)
        content = DecodedStreamObject()
        content.set_data(f"BT /F1 12 Tf 72 720 Td (Words on page {number + 1}) Tj ET".encode())
        font = {"/Type": NameObject("/Font"), "/Subtype": NameObject("/Type1"), "/BaseFont": NameObject("/Helvetica")}
        fonts = DictionaryObject({NameObject("/F1"): DictionaryObject({NameObject(k): v for k, v in font.items()})})
        page[NameObject("/Resources")] = DictionaryObject({NameObject("/Font"): fonts})
        page[NameObject("/Contents")] = content
    writer.add_metadata({"/Title": title})
    if password:
        writer.encrypt(password, algorithm="AES-256")
    file = io.BytesIO()
    writer.write(file)
    return file.getvalue()


def test_pdf(inspected: Inspect) -> None:
    result = inspected(pdf(), "t.pdf")

    facts = result.facts["analyse"]
    assert (facts["pages"], facts["title"], facts["encrypted"]) == (2, "A <b>title</b>", False)
    assert "Words on page 1" in result.detail["excerpt"]
    assert result.detail["page_size"] == "210 × 297 mm"


def test_an_encrypted_pdf_says_so(inspected: Inspect) -> None:
    result = inspected(pdf(password="secret"), "t.pdf")

    assert result.facts["analyse"]["encrypted"] is True
    assert "encrypted" in result.problem


def test_only_the_first_pages_are_read(inspected: Inspect) -> None:
    facts = inspected(pdf(pages=30), "t.pdf").facts["analyse"]

    assert (facts["pages"], facts["pages_read"]) == (30, 20)


@pytest.mark.parametrize("content", [b"%PDF-1.7\n" + noise(3000), b"%PDF-", pdf()[:400]])
def test_a_broken_pdf_is_read_as_bytes(content: bytes, inspected: Inspect) -> None:
    result = inspected(content, "t.pdf")

    assert result.facts["analyse"]["kind"] == "binary"
    assert result.problem.startswith("It cannot be read as PDF")


def test_bytes(inspected: Inspect) -> None:
    result = inspected(bytes(20_000) + noise(20_000), "t.bin")

    detail = result.detail
    assert sum(detail["byte_counts"]) == 40_000
    assert detail["zero_bytes"] >= 20_000
    assert detail["block_entropy"][0] == 0
    assert detail["block_entropy"][-2] > 7
    assert len(detail["block_entropy"]) == -(-40_000 // detail["block_size"]) <= 128
    assert detail["head"] == "00" * 256
