"""Looking apart: a parser that goes down takes nothing with it."""

import io

import polars as pl
import pytest
from PIL import Image

from processor.inspection import apart
from tests.unit.inspection.files import image, png_bomb
from tests.unit.inspection.test_text import pdf
from tests.unit.inspection.workbench import Inspect

ANALYSE = ("identify", "analyse")


def test_an_image_is_the_same_from_afar(inspected: Inspect) -> None:
    near, far = inspected(image()), inspected(image(), stages=ANALYSE)

    assert far.analysis == near.analysis
    assert far.facts["analyse"] == near.facts["analyse"]
    assert far.read("thumbnail.png") == near.read("thumbnail.png")


def test_progress_comes_from_afar(inspected: Inspect) -> None:
    told = inspected(pdf(3), "t.pdf", stages=ANALYSE).progress["analyse"]

    assert any(progress.message.startswith("page") for progress in told)


def test_what_cannot_be_read_is_a_finding(inspected: Inspect) -> None:
    assert "bomb" in inspected(png_bomb(), stages=ANALYSE).problem


def test_a_parquet_file_that_aborts_its_reader_is_a_finding(inspected: Inspect) -> None:
    file = io.BytesIO()
    numbers = range(500)
    frame = {"a": list(numbers), "s": [str(n % 9) for n in numbers], "f": [n / 3 for n in numbers]}
    pl.DataFrame(frame).write_parquet(file)
    content = bytearray(file.getvalue())
    content[235], content[1615] = 97, 255  # found by mutation: Polars 2.1 asks for an exabyte, and aborts

    result = inspected(bytes(content), stages=ANALYSE)

    assert result.facts["analyse"]["kind"] == "binary"
    assert result.problem == apart.CRASHED or result.problem.startswith("It cannot be read as Parquet")


def test_a_crash_is_a_finding(inspected: Inspect, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(apart, "__name__", "no.such.module")

    result = inspected(image(), stages=ANALYSE)

    assert result.problem == apart.CRASHED
    assert result.facts["analyse"]["kind"] == "binary"


def test_what_takes_too_much_memory_is_a_finding(inspected: Inspect, monkeypatch: pytest.MonkeyPatch) -> None:
    """The image is a fine one, and small; its reader is what must keep to the limit."""
    black = io.BytesIO()
    Image.new("L", (4000, 4000)).save(black, "PNG", compress_level=1)
    assert not inspected(black.getvalue(), stages=ANALYSE).problem
    monkeypatch.setattr(apart, "MAX_MEMORY_BYTES", 50_000_000)

    assert "takes more memory than it may" in inspected(black.getvalue(), stages=ANALYSE).problem


def test_too_slow_is_a_finding(inspected: Inspect, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(apart.MAX_SECONDS, "image", 0.001)

    assert "took longer" in inspected(image(), stages=ANALYSE).problem
