"""Zip: the central directory, read record by record, so that a million entries cost no more than one.

Source: APPNOTE.TXT 6.3.10 (PKWARE). The standard library reads the whole directory into memory first.
"""

import os
import struct
from collections.abc import Iterator
from typing import BinaryIO

from processor.inspection.entry import Entry, EntryKind
from processor.inspection.errors import UnreadableContentError

_END = struct.Struct("<4s4H2LH")
_END_64 = struct.Struct("<4sQ2H2L4Q")
_LOCATOR = struct.Struct("<4sLQL")
_RECORD = struct.Struct("<4s4B4HL2L5H2L")
_FULL = 0xFFFFFFFF  # the real number stands in the zip64 extra field
_UTF8, _ENCRYPTED = 0x800, 0x1
_LINK = 0xA  # S_IFLNK's upper half, in the Unix mode of the external attributes


def zip_entries(file: BinaryIO, start: int, end: int) -> Iterator[Entry]:
    """The entries in the order of the directory, which is from `start` to `end`; so `file.tell()` moves.

    Raises:
        UnreadableContentError: the directory is damaged at this point.
    """
    file.seek(start)
    while file.tell() + _RECORD.size <= end:
        fixed = file.read(_RECORD.size)
        if len(fixed) < _RECORD.size or not fixed.startswith(b"PK\1\2"):
            raise UnreadableContentError("Its table of contents is damaged.")
        yield _entry(_RECORD.unpack(fixed), file)


def directory_of(file: BinaryIO) -> tuple[int, int]:
    """Where the central directory begins and ends.

    Raises:
        UnreadableContentError: there is none.
    """
    size = file.seek(0, os.SEEK_END)
    tail_start = max(0, size - 0xFFFF - _END.size)
    file.seek(tail_start)
    tail = file.read(0xFFFF + _END.size)
    place = tail.rfind(b"PK\5\6")
    if place < 0 or len(tail) - place < _END.size:
        raise UnreadableContentError("Its table of contents is missing: the archive may be cut short.")
    end = tail_start + place
    length = _END.unpack_from(tail, place)[5]
    end, length = _zip64_directory(file, end) or (end, length)
    if length > end:
        raise UnreadableContentError("Its table of contents is damaged.")
    return end - length, end


def _zip64_directory(file: BinaryIO, end: int) -> tuple[int, int] | None:
    """End and length of the directory when a zip64 record says so."""
    if end < _LOCATOR.size + _END_64.size:
        return None
    file.seek(end - _LOCATOR.size)
    if not file.read(4).startswith(b"PK\6\7"):
        return None
    place = end - _LOCATOR.size - _END_64.size
    file.seek(place)
    fields = _END_64.unpack(file.read(_END_64.size))
    return (place, fields[8]) if fields[0] == b"PK\6\6" else None


def _entry(fields: tuple[int, ...], file: BinaryIO) -> Entry:
    flags, packed, size = fields[5], fields[10], fields[11]
    name_length, extra_length, comment_length = fields[12:15]
    raw_name, extra = file.read(name_length), file.read(extra_length)
    file.seek(comment_length, os.SEEK_CUR)
    size, packed = _zip64_sizes(extra, size, packed)
    name = raw_name.decode("utf-8" if flags & _UTF8 else "cp437", errors="replace")
    return Entry(name, _kind(name, fields[17]), size, packed, encrypted=bool(flags & _ENCRYPTED))


def _kind(name: str, attributes: int) -> EntryKind:
    if attributes >> 28 == _LINK:
        return "link"
    return "folder" if name.endswith(("/", "\\")) else "file"


def _zip64_sizes(extra: bytes, size: int, packed: int) -> tuple[int, int]:
    if _FULL not in {size, packed}:
        return size, packed
    while len(extra) >= 4:
        tag, length = struct.unpack_from("<2H", extra)
        if tag == 1:
            numbers = [value for (value,) in struct.iter_unpack("<Q", extra[4 : 4 + length // 8 * 8])]
            size = numbers.pop(0) if size == _FULL and numbers else size
            packed = numbers.pop(0) if packed == _FULL and numbers else packed
            break
        extra = extra[4 + length :]
    return size, packed
