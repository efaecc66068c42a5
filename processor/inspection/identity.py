"""Identity: what a file is by its content. Its name only decides between kinds of text, and may be found wrong."""

import mimetypes
import os
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from processor.inspection.encoding import encoding_of
from processor.inspection.kinds import EMPTY, UNKNOWN, ZIPPED, Kind, kind_of
from processor.inspection.signatures import MAX_FOOT_BYTES, RECOGNISED, Signature, foreign_signature_of, signature_of
from processor.inspection.texture import texture_of
from processor.inspection.wording import clip, visible

HEAD_BYTES = 256 * 1024
MIN_CONFIDENCE_TO_CONTRADICT = 0.6
_SAME = (  # types that one ending may stand for, or that people do not tell apart
    {"video/mp4", "audio/mp4", "video/quicktime", "video/3gpp"},
    {"image/heic", "image/heif"},
    {"audio/wav", "audio/x-wav"},
    {"application/json", "application/x-ndjson"},
    {"text/csv", "text/tab-separated-values"},
    {"application/vnd.rar", "application/x-rar-compressed"},
)
_TEXTUAL = {"text", "table", "json"}
_ENCODINGS = {"gzip": "application/gzip", "bzip2": "application/x-bzip2", "xz": "application/x-xz"}
_ENDINGS = {
    ".jsonl": "application/x-ndjson",
    ".ndjson": "application/x-ndjson",
    ".parquet": "application/vnd.apache.parquet",
    ".webp": "image/webp",
    ".avif": "image/avif",
    ".zst": "application/zstd",
    ".7z": "application/x-7z-compressed",
    ".gz": "application/gzip",
    ".tgz": "application/gzip",
}


@dataclass(frozen=True)
class Identity:
    """What a file is."""

    media_type: str
    description: str  # for people; may hold a stranger's words
    kind: Kind
    confidence: float  # 0 to 1
    encoding: str | None = None  # of a text: the Python codec that reads it
    mismatch: str | None = None  # a sentence, when the name's ending says something else


def identify(path: Path, name: str) -> Identity:
    """Look at the file's two ends: a bounded read, whatever the size."""
    head, foot, size = ends_of(path)
    return identity_of(head, foot, name, whole=size <= len(head))


def identity_of(head: bytes, foot: bytes, name: str, *, whole: bool) -> Identity:
    """The identity of a file that begins with `head` (which is all of it if `whole`) and ends with `foot`."""
    if not head:
        return Identity(EMPTY, "Empty file", "empty", 1.0)
    encoding = encoding_of(head, whole=whole)
    found = signature_of(head, foot)
    if found is None and encoding is not None:
        found = texture_of(head, encoding, ending_of(name), whole=whole)
    if found is None:
        found = foreign_signature_of(head, foot) or Signature(UNKNOWN, "Binary content of unknown type", 0.3)
    kind = kind_of(found.media_type)
    return Identity(
        media_type=clip(found.media_type, 100),
        description=clip(visible(found.description), 120),
        kind=kind,
        confidence=found.confidence,
        encoding=encoding if kind in {"table", "json", "text"} else None,
        mismatch=_mismatch(found, name),
    )


def ends_of(path: Path) -> tuple[bytes, bytes, int]:
    """The first bytes, the last ones, and the length."""
    with path.open("rb") as file:
        head = file.read(HEAD_BYTES)
        size = file.seek(0, os.SEEK_END)
        file.seek(max(0, size - MAX_FOOT_BYTES))
        return head, file.read(MAX_FOOT_BYTES), size


def ending_of(name: str) -> str:
    """The name's last ending in lower case, with its dot; empty if it has none."""
    return PurePosixPath(name.replace("\\", "/")).suffix.lower()


def _mismatch(found: Signature, name: str) -> str | None:
    ending = ending_of(name)
    claimed = _claimed_type(ending)
    if claimed is None or found.confidence < MIN_CONFIDENCE_TO_CONTRADICT or _agree(claimed, found.media_type):
        return None
    what = f"{visible(found.description)} ({found.media_type})"
    return clip(f"Its name ends in {visible(ending)}, but its content is: {what}.")


def _claimed_type(ending: str) -> str | None:
    """What an ending stands for, from Python's own table and not from this machine's."""
    if ending in _ENDINGS:
        return _ENDINGS[ending]
    claimed, encoding = mimetypes.MimeTypes().guess_type(f"x{ending}", strict=False)
    return _ENCODINGS.get(encoding or "", claimed)


def _agree(claimed: str, found: str) -> bool:
    """Whether content of the type `found` may have a name that claims the other; in doubt it may."""
    if claimed == found or UNKNOWN in {claimed, found} or any({claimed, found} <= same for same in _SAME):
        return True
    if _is_zip(found) and (_is_zip(claimed) or claimed not in RECOGNISED):
        return claimed.startswith("application/")
    ours, theirs = kind_of(found), kind_of(claimed)
    if ours in _TEXTUAL:
        return {ours, theirs} not in ({"table", "json"}, {"table"}) if theirs in _TEXTUAL else claimed not in RECOGNISED
    return theirs not in _TEXTUAL and claimed not in RECOGNISED


def _is_zip(media_type: str) -> bool:
    return media_type == "application/zip" or media_type in {zipped for zipped, _ in ZIPPED.values()}
