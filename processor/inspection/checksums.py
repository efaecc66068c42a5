"""Checksums: all of them in one pass."""

import hashlib
import zlib
from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class Checksums:
    """Lower-case hexadecimal, as `sha256sum` and friends print them."""

    size: int  # bytes that were read
    sha256: str
    sha1: str
    crc32: str  # ISO-HDLC, as in zip and gzip


def checksums_of(chunks: Iterable[bytes]) -> Checksums:
    size, crc = 0, 0
    sha256 = hashlib.sha256()
    sha1 = hashlib.sha1(usedforsecurity=False)  # for catalogues that list nothing newer
    for chunk in chunks:
        size += len(chunk)
        crc = zlib.crc32(chunk, crc)
        sha256.update(chunk)
        sha1.update(chunk)
    return Checksums(size, sha256.hexdigest(), sha1.hexdigest(), f"{crc:08x}")
