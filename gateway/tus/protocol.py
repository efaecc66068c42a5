"""What the headers of tus mean, and what may be done with an upload: decisions without effects."""

import base64
import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass

from gateway.body import too_large
from gateway.digests import Digest
from gateway.errors import (
    BadRequestError,
    ChecksumMismatchError,
    ConflictError,
    ForbiddenError,
    TooLargeError,
    UnusableDigestError,
    WrongTypeError,
    WrongVersionError,
)

VERSION = "1.0.0"
EXTENSIONS = (
    "creation",
    "creation-with-upload",
    "creation-defer-length",
    "expiration",
    "checksum",
    "termination",
    "concatenation",
)
CHECKSUMS = ("sha1", "sha256", "sha512")
CONTENT_TYPE = "application/offset+octet-stream"
MAX_METADATA_BYTES = 8 * 1024
MAX_PARTIALS = 1_000
_NUMBER = re.compile(r"[0-9]{1,18}")
_FILE = re.compile(r"(?:https?://[^/]+)?/files/([0-9a-f-]{36})")

REQUEST_HEADERS = (
    "Tus-Resumable",
    "Upload-Length",
    "Upload-Defer-Length",
    "Upload-Offset",
    "Upload-Metadata",
    "Upload-Checksum",
    "Upload-Concat",
    "X-HTTP-Method-Override",
)
ANSWER_HEADERS = (
    "Tus-Resumable",
    "Tus-Version",
    "Tus-Extension",
    "Tus-Max-Size",
    "Tus-Checksum-Algorithm",
    "Upload-Offset",
    "Upload-Length",
    "Upload-Defer-Length",
    "Upload-Metadata",
    "Upload-Concat",
    "Upload-Expires",
    "Stagecast-Job",
)

Headers = Mapping[str, str]


@dataclass(frozen=True)
class Creation:
    """What an upload shall be."""

    length: int | None  # None: it is said later
    metadata: str  # as it was sent, to be given back
    fields: Mapping[str, str]
    is_partial: bool = False
    partials: tuple[str, ...] = ()  # of a final upload: whose bytes it has, in this order


@dataclass(frozen=True)
class Progress:
    """How far an upload is."""

    offset: int
    length: int | None
    is_final: bool = False

    @property
    def is_complete(self) -> bool:
        return self.offset == self.length


def check_version(headers: Headers) -> None:
    """Raises WrongVersionError: the request speaks no tus, or another one."""
    if headers.get("tus-resumable") != VERSION:
        error = WrongVersionError(f"send the header Tus-Resumable: {VERSION}")
        error.headers = {"Tus-Version": VERSION}
        raise error


def read_creation(headers: Headers, *, max_size: int) -> Creation:
    """What a `POST` asks for.

    Raises:
        BadRequestError: a header is missing or cannot be read.
        TooLargeError: it says that it will be larger than `max_size` bytes.
    """
    metadata = headers.get("upload-metadata", "")
    fields = read_metadata(metadata)
    concat = headers.get("upload-concat", "").strip()
    if concat.startswith("final;"):
        return Creation(None, metadata, fields, partials=_read_partials(concat.removeprefix("final;")))
    if concat not in {"", "partial"}:
        raise BadRequestError("Upload-Concat must be `partial`, or `final;` and the uploads' URLs")
    length = read_length(headers, max_size=max_size)
    if length is None and headers.get("upload-defer-length") != "1":
        raise BadRequestError("send Upload-Length, or Upload-Defer-Length: 1")
    return Creation(length, metadata, fields, is_partial=concat == "partial")


def read_length(headers: Headers, *, max_size: int) -> int | None:
    """How long the whole upload will be, if the request says so; raises as `read_creation`."""
    length = _number(headers, "Upload-Length")
    if length is not None and length > max_size:
        raise too_large(max_size)
    return length


def read_metadata(header: str) -> dict[str, str]:
    """Pairs of a key and a base64 value, which may be left out.

    Raises:
        BadRequestError: it is none of that.
    """
    if len(header) > MAX_METADATA_BYTES:
        raise BadRequestError(f"Upload-Metadata is longer than {MAX_METADATA_BYTES} bytes")
    found: dict[str, str] = {}
    for pair in filter(None, map(str.strip, header.split(","))):
        key, _, value = pair.partition(" ")
        if key in found:
            raise BadRequestError("Upload-Metadata has a key twice")
        try:
            found[key] = base64.b64decode(value.strip(), validate=True).decode()
        except ValueError as error:
            raise BadRequestError("Upload-Metadata must be pairs of a key and base64 of UTF-8") from error
    return found


def read_offset(headers: Headers) -> int:
    """Where a `PATCH` wants to go on.

    Raises:
        WrongTypeError, BadRequestError: it does not say so in the protocol's way.
    """
    if headers.get("content-type") != CONTENT_TYPE:
        raise WrongTypeError(f"send the bytes as {CONTENT_TYPE}")
    offset = _number(headers, "Upload-Offset")
    if offset is None:
        raise BadRequestError("send Upload-Offset")
    return offset


def read_checksum(headers: Headers) -> tuple[Digest, ...]:
    """What a request says of its own bytes.

    Raises:
        UnusableDigestError: in a way that cannot be checked.
    """
    if (header := headers.get("upload-checksum")) is None:
        return ()
    algorithm, _, text = header.partition(" ")
    if algorithm not in CHECKSUMS:
        raise UnusableDigestError(f"Upload-Checksum must be of {', '.join(CHECKSUMS)}")
    try:
        value = base64.b64decode(text.strip(), validate=True)
    except ValueError as error:
        raise UnusableDigestError("Upload-Checksum has a value that is no base64") from error
    if len(value) != hashlib.new(algorithm).digest_size:
        raise UnusableDigestError(f"Upload-Checksum has a value that is no {algorithm}")
    return (Digest("Upload-Checksum", algorithm, value, ChecksumMismatchError),)


def room_for(progress: Progress, *, offset: int, content_length: int | None, max_size: int) -> int:
    """How many bytes a `PATCH` may bring.

    Raises:
        ForbiddenError: the upload is made of others.
        ConflictError: it goes on elsewhere.
        TooLargeError: it would become longer than it was to be.
    """
    if progress.is_final:
        raise ForbiddenError("an upload that is made of others cannot be added to")
    if offset != progress.offset:
        raise at_offset(progress.offset)
    room = (max_size if progress.length is None else progress.length) - offset
    if content_length is not None and content_length > room:
        raise TooLargeError(f"the upload has room for {room} bytes more, not for {content_length}")
    return room


def at_offset(offset: int) -> ConflictError:
    """The upload goes on at `offset`, which the answer says."""
    error = ConflictError(f"the upload goes on at byte {offset}")
    error.headers = {"Upload-Offset": str(offset)}
    return error


def _number(headers: Headers, name: str) -> int | None:
    value = headers.get(name.lower())
    if value is None:
        return None
    if not _NUMBER.fullmatch(value):
        raise BadRequestError(f"{name} must be a number of bytes")
    return int(value)


def _read_partials(urls: str) -> tuple[str, ...]:
    matches = [_FILE.fullmatch(url) for url in urls.split()]
    found = tuple(match[1] for match in matches if match is not None)
    if not 0 < len(found) <= MAX_PARTIALS or len(set(found)) != len(matches):
        raise BadRequestError(f"Upload-Concat must name 1 to {MAX_PARTIALS} uploads by their URLs here, each once")
    return found
