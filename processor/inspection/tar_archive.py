"""Tar: headers one after the other, from a stream that cannot go back.

The standard library's reader takes long names of any length into memory, and keeps every entry.
Source: POSIX.1-2017 pax, "ustar Interchange Format".
"""

import tarfile
from collections.abc import Iterator
from typing import Protocol

from processor.inspection.entry import Entry, EntryKind
from processor.inspection.errors import UnreadableContentError

_BLOCK = 512
_SKIP = 1024 * 1024
MAX_LONG_NAME = 64 * 1024  # bytes of a long name or a set of pax headers; a longer one is skipped


class Readable(Protocol):
    """Bytes from front to back."""

    def read(self, size: int, /) -> bytes:
        """At most `size` bytes; fewer only at the end."""
        ...


def tar_entries(stream: Readable) -> Iterator[Entry]:
    """The entries in order.

    Raises:
        UnreadableContentError: a header is damaged, or the archive ends within an entry.
    """
    said: dict[str, str] = {}  # by long-name and pax headers, about the next entry
    while (header := _header(stream)) is not None:
        padded = -(-max(0, header.size) // _BLOCK) * _BLOCK
        if header.type in b"LKx":
            said |= _extended(header, _read_or_skip(stream, padded)[: header.size])
            continue
        if header.type == b"g":
            _skip(stream, padded)
            continue
        size = _size(said.get("size"), header.size)
        yield Entry(said.get("path", header.name), _kind(header), size, target=said.get("linkpath", header.linkname))
        said = {}
        if _has_content(header):
            _skip(stream, -(-size // _BLOCK) * _BLOCK)


def _header(stream: Readable) -> tarfile.TarInfo | None:
    """The next header; None at the archive's end."""
    block = stream.read(_BLOCK)
    if not block.strip(b"\0"):
        return None
    try:
        header = tarfile.TarInfo.frombuf(block, "utf-8", "replace")
    except (tarfile.HeaderError, ValueError) as error:
        raise UnreadableContentError(f"An entry's header is damaged ({error}).") from error
    more = header.type == tarfile.GNUTYPE_SPARSE and block[482]
    while more:  # a sparse file's map goes on in further blocks
        block = stream.read(_BLOCK)
        more = len(block) == _BLOCK and block[504]
    return header


def _extended(header: tarfile.TarInfo, body: bytes) -> dict[str, str]:
    if header.type == b"x":
        return _pax(body)
    return {"path" if header.type == b"L" else "linkpath": body.rstrip(b"\0").decode("utf-8", "replace")}


def _pax(body: bytes) -> dict[str, str]:
    """`<length> <key>=<value>\\n`, repeated."""
    said = {}
    while body:
        digits, space, _ = body[:20].partition(b" ")
        if not space or not digits.isdigit() or not 0 < int(digits) <= len(body):
            break
        length = int(digits)
        key, _, value = body[len(digits) + 1 : length - 1].partition(b"=")
        if key in {b"path", b"linkpath", b"size"}:
            said[key.decode()] = value.decode("utf-8", "replace")
        body = body[length:]
    return said


def _size(said: str | None, header: int) -> int:
    return int(said) if said and said.isascii() and said.isdigit() and len(said) < 20 else max(0, header)


def _kind(header: tarfile.TarInfo) -> EntryKind:
    if header.isdir():
        return "folder"
    if header.issym() or header.islnk():
        return "link"
    return "other" if header.isdev() else "file"


def _has_content(header: tarfile.TarInfo) -> bool:
    return not (header.isdir() or header.issym() or header.islnk() or header.isdev())


def _read_or_skip(stream: Readable, size: int) -> bytes:
    if size <= MAX_LONG_NAME:
        return stream.read(size)
    _skip(stream, size)
    return b""


def _skip(stream: Readable, size: int) -> None:
    while size > 0:
        passed = len(stream.read(min(size, _SKIP)))
        if not passed:
            raise UnreadableContentError("It ends in the middle of an entry: the archive is cut short.")
        size -= passed
