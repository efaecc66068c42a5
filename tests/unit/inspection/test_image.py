"""Images: what they declare, and no harm from what they hide."""

import io

import pytest
from PIL import Image

from tests.unit.inspection.files import image, png_bomb
from tests.unit.inspection.workbench import Inspect


@pytest.mark.parametrize("form", ["PNG", "JPEG", "GIF", "WEBP", "BMP", "TIFF", "AVIF", "PPM", "JPEG2000"])
def test_formats(form: str, inspected: Inspect) -> None:
    result = inspected(image(form))

    facts = result.facts["analyse"]
    assert (facts["kind"], facts["width"], facts["height"]) == ("image", 64, 48)
    assert "problem" not in facts
    with Image.open(io.BytesIO(result.read("thumbnail.png"))) as thumbnail:
        assert thumbnail.size == (64, 48)
    assert sum(result.detail["histogram"]["red"]) == 64 * 48


@pytest.mark.parametrize(
    ("form", "mode"),
    [("ICO", "RGB"), *(("PNG", mode) for mode in ("1", "L", "LA", "P", "RGBA", "I;16")), ("TIFF", "F"), ("TIFF", "I"),
     ("TIFF", "CMYK"), ("TIFF", "LAB"), ("JPEG", "YCbCr")],
)  # fmt: skip
def test_modes(form: str, mode: str, inspected: Inspect) -> None:
    picture = Image.linear_gradient("L")
    picture = Image.new("LAB", (9, 9)) if mode == "LAB" else picture.convert("I").convert(mode)
    file = io.BytesIO()
    picture.save(file, form)

    result = inspected(file.getvalue())

    assert "thumbnail.png" in result.artifacts
    assert result.problem == ""


def test_a_large_image_has_a_small_thumbnail(inspected: Inspect) -> None:
    result = inspected(image("JPEG", (3000, 1000)))

    assert result.facts["analyse"]["width"] == 3000
    with Image.open(io.BytesIO(result.read("thumbnail.png"))) as thumbnail:
        assert thumbnail.size == (480, 160)


def test_a_bomb_is_not_decoded(inspected: Inspect) -> None:
    result = inspected(png_bomb(), "bomb.png")

    facts = result.facts["analyse"]
    assert (facts["width"], facts["height"]) == (60_000, 60_000)
    assert "bomb" in facts["problem"]
    assert "thumbnail.png" not in result.artifacts
    assert Image.MAX_IMAGE_PIXELS is not None  # the library's own guard is back


def test_a_truncated_image_tells_what_its_header_says(inspected: Inspect) -> None:
    content = image("JPEG", (500, 400))

    result = inspected(content[: len(content) // 2], "photo.jpg")

    assert result.facts["analyse"]["width"] == 500
    assert result.problem.startswith("Its header is fine, but its pixels are damaged")
    assert result.progress["analyse"][-1].message == f"JPEG image, 500 × 400 pixels. {result.problem}"


def test_a_damaged_header_falls_back_to_bytes(inspected: Inspect) -> None:
    result = inspected(image("PNG")[:20] + bytes(100), "photo.png")

    assert result.facts["analyse"]["kind"] == "binary"
    assert "image" in result.problem


def test_exif_is_told_and_places_only_in_the_detail(inspected: Inspect) -> None:
    exif = Image.Exif()
    exif[0x010F] = "Maker <b>&\0\x07"
    exif.get_ifd(0x8825)[1] = "N"
    exif.get_ifd(0x8825)[2] = (52.0, 31.0, 12.0)

    result = inspected(image("JPEG", exif=exif))

    assert result.detail["exif"]["Make"].startswith("Maker <b>&")
    assert "52" in result.detail["location"]["GPSLatitude"]
    assert result.facts["analyse"]["has_location"] is True
    assert "52" not in str(result.facts["analyse"])


def test_frames_are_counted(inspected: Inspect) -> None:
    frames = [Image.new("L", (8, 8), shade) for shade in (0, 120, 250)]
    file = io.BytesIO()
    frames[0].save(file, "GIF", save_all=True, append_images=frames[1:])

    assert inspected(file.getvalue()).facts["analyse"]["frames"] == 3
