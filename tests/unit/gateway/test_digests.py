import base64
import hashlib
from collections.abc import AsyncIterator

import pytest

from gateway.digests import Digest, read_digests, verified
from gateway.errors import DigestMismatchError, UnusableDigestError
from gateway.tally import Tally

BYTES = b"hello"


def field(algorithm: str, content: bytes = BYTES) -> str:
    value = hashlib.new(algorithm.replace("-", ""), content).digest()
    return f"{algorithm}=:{base64.b64encode(value).decode()}:"


async def pieces(*found: bytes) -> AsyncIterator[bytes]:
    for each in found:
        yield each


async def test_what_has_passed_is_counted_and_hashed() -> None:
    tally = Tally(pieces(b"he", b"l", b"lo"), [hashlib.sha256(), hashlib.sha512()])
    assert b"".join([block async for block in tally]) == BYTES
    assert await tally.digests() == {name: hashlib.new(name, BYTES).digest() for name in ("sha256", "sha512")}
    content = await tally.content()
    assert (content.size, content.sha256) == (5, hashlib.sha256(BYTES).hexdigest())


async def test_nothing_has_a_hash_too() -> None:
    content = await Tally(pieces()).content()
    assert (content.size, content.sha256) == (0, hashlib.sha256().hexdigest())


@pytest.mark.parametrize(
    ("value", "algorithms"),
    [
        (field("sha-256"), ["sha256"]),
        (f"{field('sha-512')}, {field('sha-256')}", ["sha512", "sha256"]),
        (f"{field('sha-256')};p=1", ["sha256"]),
        (f"md5=:AAAA:, {field('sha-256')}", ["sha256"]),
        ("unixsum=:AAAA:", []),
    ],
)
def test_digests_that_can_be_checked(value: str, algorithms: list[str]) -> None:
    found = read_digests({"Content-Digest": value})
    assert [digest.algorithm for digest in found] == algorithms


def test_both_fields_count() -> None:
    headers = {"Content-Digest": field("sha-256"), "Repr-Digest": field("sha-512")}
    assert [digest.field for digest in read_digests(headers)] == ["Content-Digest", "Repr-Digest"]
    assert read_digests({}) == ()


@pytest.mark.parametrize(
    "value", ["", "sha-256", "sha-256=abc", "sha-256=:AAAA:", "sha-256=:A:", "SHA-256=:AAAA:", f"{field('sha-256')},"]
)
def test_what_is_no_digest_is_refused(value: str) -> None:
    with pytest.raises(UnusableDigestError):
        read_digests({"Repr-Digest": value})


async def test_other_bytes_than_promised_have_no_end() -> None:
    digests = (Digest("Content-Digest", "sha256", hashlib.sha256(b"hallo").digest()),)
    blocks = verified(pieces(b"he", b"llo"), digests)
    assert [await anext(blocks), await anext(blocks)] == [b"he", b"llo"]
    with pytest.raises(DigestMismatchError, match="sha256 of the 5 bytes"):
        await anext(blocks)


async def test_the_bytes_that_were_promised_pass() -> None:
    digests = read_digests({"Content-Digest": f"{field('sha-256')}, {field('sha-512')}"})
    assert [block async for block in verified(pieces(b"he", b"llo"), digests)] == [b"he", b"llo"]
