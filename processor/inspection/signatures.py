"""Signatures: bytes that say what a file is."""

import io
import re
from dataclasses import dataclass

from processor.inspection.kinds import OOXML, PARQUET, UNKNOWN, ZIPPED

SURE = 0.99
MAX_FOOT_BYTES = 1024  # puremagic looks at some hundred
MIN_FOREIGN_CONFIDENCE = 0.4  # below it, two or three bytes matched: chance
MIN_DIFFERENT_BYTES = 3  # a run of zeros is no signature, though the table has some


@dataclass(frozen=True)
class Signature:
    """What the bytes say, and how sure that is, 0 to 1."""

    media_type: str
    description: str
    confidence: float = SURE


_AT: tuple[tuple[int, bytes, str, str], ...] = (
    (0, b"\x89PNG\r\n\x1a\n", "image/png", "PNG image"),
    (0, b"\xff\xd8\xff", "image/jpeg", "JPEG image"),
    (0, b"GIF87a", "image/gif", "GIF image"),
    (0, b"GIF89a", "image/gif", "GIF image"),
    (0, b"II*\0", "image/tiff", "TIFF image"),
    (0, b"MM\0*", "image/tiff", "TIFF image"),
    (0, b"\0\0\0\x0cjP  \r\n\x87\n", "image/jp2", "JPEG 2000 image"),
    (4, b"ftypavif", "image/avif", "AVIF image"),
    (4, b"ftypheic", "image/heic", "HEIC image"),
    (4, b"ftypqt  ", "video/quicktime", "QuickTime video"),
    (4, b"ftyp", "video/mp4", "MPEG-4 file"),
    (8, b"WEBP", "image/webp", "WebP image"),
    (8, b"WAVE", "audio/wav", "WAV audio"),
    (8, b"AVI ", "video/x-msvideo", "AVI video"),
    (0, b"ID3", "audio/mpeg", "MP3 audio"),
    (0, b"OggS", "audio/ogg", "Ogg audio"),
    (0, b"fLaC", "audio/flac", "FLAC audio"),
    (0, b"\x1aE\xdf\xa3", "video/x-matroska", "Matroska or WebM video"),
    (0, b"PK\x03\x04", "application/zip", "Zip archive"),
    (0, b"PK\x05\x06", "application/zip", "Empty zip archive"),
    (0, b"\x1f\x8b\x08", "application/gzip", "Gzip-compressed file"),
    (0, b"\xfd7zXZ\0", "application/x-xz", "XZ-compressed file"),
    (0, b"\x28\xb5\x2f\xfd", "application/zstd", "Zstandard-compressed file"),
    (0, b"7z\xbc\xaf\x27\x1c", "application/x-7z-compressed", "7-Zip archive"),
    (0, b"Rar!\x1a\x07", "application/vnd.rar", "RAR archive"),
    (257, b"ustar", "application/x-tar", "Tar archive"),
    (0, b"SQLite format 3\0", "application/vnd.sqlite3", "SQLite database"),
    (0, b"\x7fELF", "application/x-elf", "ELF program or library"),
    (0, b"\0asm", "application/wasm", "WebAssembly module"),
    (0, b"{\\rtf", "application/rtf", "Rich text"),
    (0, b"wOF2", "font/woff2", "Web font"),
    (0, b"OTTO", "font/otf", "OpenType font"),
    (0, b"\0\x01\0\0\0", "font/ttf", "TrueType font"),
)
_WEAK = (  # short magics, so what follows them has to fit as well
    (re.compile(rb"BM.{12}[\x0c\x28\x6c\x7c]\0\0\0", re.DOTALL), Signature("image/bmp", "BMP image")),
    (re.compile(rb"BZh[1-9](1AY&SY|\x17rE8P\x90)"), Signature("application/x-bzip2", "Bzip2-compressed file")),
    (re.compile(rb"P[1-6]\s+(#[^\n]*\n\s*)*\d+\s+\d+\s"), Signature("image/x-portable-anymap", "Portable pixmap")),
    (
        re.compile(rb"\x00\x00\x01\x00[^\x00]\x00.{3}\x00", re.DOTALL),
        Signature("image/vnd.microsoft.icon", "Windows icon"),
    ),
)
_RIFF = (b"RIFF", b"WEBP", b"WAVE", b"AVI ")


RECOGNISED = {PARQUET, "application/pdf"} | {row[2] for row in _AT} | {found.media_type for _, found in _WEAK}


def signature_of(head: bytes, foot: bytes) -> Signature | None:
    """The first of the well-known signatures that fits; None if none does."""
    if head.startswith(b"%PDF-") or (b"%PDF-" in head[:1024] and b"%%EOF" in foot):
        return Signature("application/pdf", "PDF document")
    if head.startswith(b"PAR1") and foot.endswith(b"PAR1"):
        return Signature(PARQUET, "Parquet table")
    if (weak := next((found for looks, found in _WEAK if looks.match(head)), None)) is not None:
        return weak
    for offset, magic, media_type, description in _AT:
        if head.startswith(magic, offset) and (magic not in _RIFF or head.startswith(b"RIFF")):
            found = Signature(media_type, description)
            return _zip_purpose(head) or found if media_type == "application/zip" else found
    return None


def foreign_signature_of(head: bytes, foot: bytes) -> Signature | None:
    """What puremagic's table of some thousand rarer types says; None if nothing, or nothing sure."""
    import puremagic

    try:
        matches = puremagic.magic_stream(io.BytesIO(head + foot))
    except (puremagic.PureError, ValueError):
        return None
    telling = (match for match in matches if match.name and len(set(match.byte_match)) >= MIN_DIFFERENT_BYTES)
    best = next((match for match in telling if match.confidence >= MIN_FOREIGN_CONFIDENCE), None)
    return best and Signature(best.mime_type or UNKNOWN, best.name, float(best.confidence))


def _zip_purpose(head: bytes) -> Signature | None:
    """A document that is a zip: its first entries say so."""
    if head.startswith(b"mimetypeapplication/epub+zip", 30):
        return Signature("application/epub+zip", "EPUB book")
    if head.startswith(b"mimetypeapplication/vnd.oasis.opendocument", 30):
        return Signature("application/vnd.oasis.opendocument", "OpenDocument file")
    for name, (media_type, description) in ZIPPED.items():
        if name.encode() in head and (not media_type.startswith(OOXML) or b"[Content_Types].xml" in head):
            return Signature(media_type, description, 0.9)
    return None
