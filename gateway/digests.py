"""What a sender says that its bytes are: `Content-Digest` and `Repr-Digest` (RFC 9530).

Of a request's whole body both say the same, because it is never a part of something and is not encoded.
"""

import base64
import binascii
import hashlib
import re
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass

from gateway.errors import DigestMismatchError, RefusedError, UnusableDigestError
from gateway.tally import Tally

FIELDS = ("Content-Digest", "Repr-Digest")
ALGORITHMS = {"sha-256": "sha256", "sha-512": "sha512"}  # the active ones of the RFC; others are not looked at
_MEMBER = re.compile(r"([a-z*][a-z0-9_.*-]*)=:([A-Za-z0-9+/]*={0,2}):(?:;[^,]*)?")


@dataclass(frozen=True)
class Digest:
    """What one field promises of the bytes."""

    field: str
    algorithm: str  # as hashlib calls it
    value: bytes
    refusal: type[RefusedError] = DigestMismatchError


def read_digests(headers: Mapping[str, str]) -> tuple[Digest, ...]:
    """All that can be checked.

    Raises:
        UnusableDigestError: a field is no dictionary of byte sequences, or a digest has a wrong length.
    """
    return tuple(digest for field in FIELDS if field in headers for digest in _members(field, headers[field]))


def verified(body: AsyncIterator[bytes], digests: tuple[Digest, ...]) -> AsyncIterator[bytes]:
    """The same bytes; their end is an error when they are not what was promised.

    Raises:
        DigestMismatchError: from the iterator, in place of its end.
    """
    return _verified(body, digests) if digests else body


async def _verified(body: AsyncIterator[bytes], digests: tuple[Digest, ...]) -> AsyncIterator[bytes]:
    tally = Tally(body, [hashlib.new(name) for name in {digest.algorithm for digest in digests}])
    async for block in tally:
        yield block
    found = await tally.digests()
    for digest in digests:
        if found[digest.algorithm] != digest.value:
            raise digest.refusal(
                f"the {digest.algorithm} of the {tally.size} bytes that arrived is "
                f"{base64.b64encode(found[digest.algorithm]).decode()}, not what {digest.field} says; nothing was kept"
            )


def _members(field: str, value: str) -> list[Digest]:
    found = []
    for member in value.split(","):
        match = _MEMBER.fullmatch(member.strip())
        if match is None:
            raise UnusableDigestError(f"{field} must look like sha-256=:BASE64:, or have sha-512")
        if (algorithm := ALGORITHMS.get(match[1])) is not None:
            found.append(Digest(field, algorithm, _decode(field, algorithm, match[2])))
    return found


def _decode(field: str, algorithm: str, text: str) -> bytes:
    try:
        value = base64.b64decode(text, validate=True)
    except binascii.Error as error:
        raise UnusableDigestError(f"{field} has a value that is no base64") from error
    length = hashlib.new(algorithm).digest_size
    if len(value) != length:
        raise UnusableDigestError(f"{field}: a {algorithm} has {length} bytes, not {len(value)}")
    return value
