"""Images: what they declare, and a small copy that shows them."""

import io
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from PIL import ExifTags, Image, ImageOps, ImageStat, UnidentifiedImageError

from processor.inspection.analysis import Analysis
from processor.inspection.errors import TooExpensiveError, UnreadableContentError
from processor.inspection.plain import plain
from processor.inspection.wording import clip, visible
from processor.stage import Stage

FORMATS = (
    "PNG",
    "JPEG",
    "GIF",
    "WEBP",
    "BMP",
    "DIB",
    "TIFF",
    "AVIF",
    "ICO",
    "JPEG2000",
    "PPM",
)  # no EPS: it runs Ghostscript
MAX_PIXELS = 100_000_000  # decoded: 400 MB. Above, only what the header declares is told
THUMBNAIL = (480, 480)
MAX_EXIF = 60
MAX_EXIF_TEXT = 200
MAX_BYTES_TO_COUNT_FRAMES = 64 * 1000 * 1000
HISTOGRAM_BINS = 64
_MAKER_NOTE = 0x927C  # kilobytes that only the camera's maker can read


def analyse_image(stage: Stage) -> Analysis:
    """Size, colours, EXIF and a thumbnail; from a damaged image or a bomb, what its header declares.

    Raises:
        UnreadableContentError: not even the header can be read.
    """
    with _strict_about_bombs(), _open(stage) as image:
        facts = _declared(stage, image)
        stage.progress(0.3, "decoding")
        detail: dict[str, Any] = {}
        thumbnail = problem = None
        try:
            _refuse_bomb(image)
            detail, thumbnail = _decoded(image)
            detail |= _exif(image)  # not before: Pillow may decode a PNG to find it
        except UnreadableContentError as error:
            problem = str(error)
    if "location" in detail:
        facts["has_location"] = True
    summary = f"{facts['format']} image, {facts['width']:,} × {facts['height']:,} pixels"
    return Analysis("image", summary, facts, facts | detail, problem, thumbnail)


@contextmanager
def _strict_about_bombs() -> Iterator[None]:
    """Pillow refuses a bomb before it tells its size. So the bound is ours instead, and checked before decoding."""
    limit = Image.MAX_IMAGE_PIXELS
    Image.MAX_IMAGE_PIXELS = None
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of strange metadata, which is no news here
            yield
    finally:
        Image.MAX_IMAGE_PIXELS = limit


def _open(stage: Stage) -> Image.Image:
    try:
        return Image.open(stage.source.path, formats=FORMATS)
    except Exception as error:
        reason = "its header is damaged" if isinstance(error, UnidentifiedImageError) else str(error)
        raise UnreadableContentError(f"It cannot be read as an image: {clip(visible(reason))}.") from error


def _declared(stage: Stage, image: Image.Image) -> dict[str, Any]:
    frames = 1
    if getattr(image, "is_animated", False) and stage.source.size <= MAX_BYTES_TO_COUNT_FRAMES:
        frames = int(getattr(image, "n_frames", 1))
    return {
        "format": image.format or "unknown",
        "width": image.width,
        "height": image.height,
        "mode": image.mode,
        "megapixels": round(image.width * image.height / 1e6, 2),
        "frames": frames,
    }


def _refuse_bomb(image: Image.Image) -> None:
    """Ask for a small version, and raise `TooExpensiveError` if what will be decoded is still huge."""
    image.draft("RGB", (THUMBNAIL[0] * 2, THUMBNAIL[1] * 2))  # a JPEG is decoded smaller, in less time and memory
    if image.width * image.height > MAX_PIXELS:
        raise TooExpensiveError(
            f"It declares {image.width:,} × {image.height:,} pixels, more than are decoded here, "
            "like a decompression bomb; its header was read and nothing else."
        )


def _decoded(image: Image.Image) -> tuple[dict[str, Any], bytes]:
    """Colours and thumbnail.

    Raises:
        UnreadableContentError: the image is damaged or cut short.
        MemoryError: it is too large.
    """
    try:
        image.load()
        small = _shown(image)
    except MemoryError:
        raise
    except Exception as error:
        raise UnreadableContentError(
            f"Its header is fine, but its pixels are damaged: {clip(visible(str(error)))}."
        ) from error
    file = io.BytesIO()
    small.save(file, "PNG", optimize=True)
    return _colours(small), file.getvalue()


def _shown(image: Image.Image) -> Image.Image:
    """A small upright copy, grey or coloured, with or without transparency."""
    small: Image.Image = image
    if image.mode.startswith("I") or image.mode == "F":
        small = _stretched(image)
    elif image.mode == "P":
        small = image.convert("RGBA" if "transparency" in image.info else "RGB")
    elif image.mode not in {"L", "LA", "RGB", "RGBA"}:
        small = image.convert("RGB")
    small = small.copy() if small is image else small
    small.thumbnail(THUMBNAIL, reducing_gap=2.0)
    return ImageOps.exif_transpose(small)


def _stretched(image: Image.Image) -> Image.Image:
    """Scientific depths as 8 bits, from the darkest value to the lightest."""
    values = image.convert("F")
    low, high = (float(bound) for bound in values.getextrema())  # type: ignore[arg-type]
    scale = 255 / (high - low) if high > low else 0
    return values.point(lambda value: value * scale - low * scale).convert("L")


def _colours(small: Image.Image) -> dict[str, Any]:
    rgb = small.convert("RGB")
    counts = rgb.histogram()
    step = 256 // HISTOGRAM_BINS
    bins = [sum(counts[place : place + step]) for place in range(0, len(counts), step)]
    red, green, blue = bins[:HISTOGRAM_BINS], bins[HISTOGRAM_BINS:-HISTOGRAM_BINS], bins[-HISTOGRAM_BINS:]
    mean = [round(value) for value in ImageStat.Stat(rgb).mean]
    return {"histogram": {"red": red, "green": green, "blue": blue}, "mean_colour": mean}


def _exif(image: Image.Image) -> dict[str, Any]:
    """What the camera wrote. An unreadable block is left out: it is an extra."""
    try:
        exif = image.getexif()
        tags = {**exif, **exif.get_ifd(ExifTags.IFD.Exif)}
        gps = exif.get_ifd(ExifTags.IFD.GPSInfo)
        named = {ExifTags.TAGS.get(tag, f"tag {tag}"): value for tag, value in tags.items() if _is_told(tag)}
        told = {name: _exif_text(value) for name, value in sorted(named.items())[:MAX_EXIF]}
        location = {
            ExifTags.GPSTAGS.get(tag, f"tag {tag}"): _exif_text(value) for tag, value in sorted(gps.items())[:MAX_EXIF]
        }
    except Exception:  # noqa: BLE001 - EXIF is a format of its own, as easily damaged as an image
        return {}
    return {"exif": told} | ({"location": location} if location else {})


def _is_told(tag: int) -> bool:
    return tag not in {_MAKER_NOTE, ExifTags.IFD.Exif, ExifTags.IFD.GPSInfo, ExifTags.IFD.Interop}


def _exif_text(value: object) -> str:
    if isinstance(value, bytes):
        text = value[:MAX_EXIF_TEXT].decode("ascii", "replace")
    elif isinstance(value, tuple):
        text = ", ".join(_exif_text(item) for item in value[:16])
    else:
        text = str(plain(value, limit=MAX_EXIF_TEXT))
    return clip(visible(text.strip("\0 ")), MAX_EXIF_TEXT)
