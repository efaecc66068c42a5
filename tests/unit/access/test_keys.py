"""Published keys: asked for when needed, kept while their issuer is away, and never for every stranger's token."""

import asyncio
import json
from collections.abc import AsyncIterator

import pytest

from contracts.access.errors import BadTokenError, KeysAwayError
from contracts.access.keys import FRESH_SECONDS, KEPT_SECONDS, MAX_BYTES, PAUSE_SECONDS, KeySet
from tests.access import SECRET, Issuer, Site, publishing


class Clock:
    """Moves when told to."""

    now = 1_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
async def site() -> AsyncIterator[Site]:
    async with publishing() as site:
        yield site


@pytest.fixture
def issuer() -> Issuer:
    issuer = Issuer()
    issuer.add_ec("first")
    return issuer


async def test_keys_are_asked_for_once(site: Site, issuer: Issuer) -> None:
    site.body = issuer.key_set()
    keys = KeySet(site.url)
    found = await asyncio.gather(*(keys.find("first", "ES256") for _ in range(20)))
    assert all(found)
    assert site.asked == 1


async def test_a_new_key_is_found_and_an_unknown_one_costs_one_question_a_pause(site: Site, issuer: Issuer) -> None:
    site.body, clock = issuer.key_set(), Clock()
    keys = KeySet(site.url, clock=clock)
    await keys.find("first", "ES256")
    clock.now += PAUSE_SECONDS
    issuer.add_ec("second")
    site.body = issuer.key_set()
    assert await keys.find("second", "ES256")
    assert site.asked == 2
    for number in range(50):
        with pytest.raises(BadTokenError):
            await keys.find(f"unknown {number}", "ES256")
    assert site.asked == 2


async def test_a_key_that_is_withdrawn_is_no_longer_good(site: Site, issuer: Issuer) -> None:
    site.body, clock = issuer.key_set(), Clock()
    keys = KeySet(site.url, clock=clock)
    await keys.find("first", "ES256")
    clock.now += FRESH_SECONDS + 1
    site.body = b'{"keys": []}'
    with pytest.raises(BadTokenError):
        await keys.find("first", "ES256")


async def test_while_the_issuer_is_away_the_last_keys_are_good_but_not_for_ever(site: Site, issuer: Issuer) -> None:
    site.body, clock = issuer.key_set(), Clock()
    keys = KeySet(site.url, clock=clock)
    await keys.find("first", "ES256")
    site.status = b"500 Oops"
    clock.now += KEPT_SECONDS - 1
    assert await keys.find("first", "ES256")
    clock.now += PAUSE_SECONDS
    with pytest.raises(KeysAwayError):
        await keys.find("first", "ES256")
    site.status = b"200 OK"
    clock.now += PAUSE_SECONDS
    assert await keys.find("first", "ES256")


@pytest.mark.parametrize("body", [b"", b"{}", b"[]", b'{"keys": 1}', b"[" * 100_000, b" " * (MAX_BYTES + 1), b"\xff"])
async def test_what_is_no_key_set_is_as_one_that_is_away(site: Site, body: bytes) -> None:
    site.body = body
    with pytest.raises(KeysAwayError):
        await KeySet(site.url).find("first", "ES256")


async def test_a_redirect_is_not_followed(site: Site) -> None:
    site.status = b"302 Found\r\nlocation: " + site.url.encode()
    with pytest.raises(KeysAwayError):
        await KeySet(site.url).find("first", "ES256")
    assert site.asked == 1


async def test_keys_that_are_good_for_nothing(site: Site) -> None:
    """A secret, a key for encryption, a short one, one for another algorithm, and nonsense."""
    issuer = Issuer()
    issuer.add_rsa("good")
    issuer.add_rsa("short", 1_024)
    good, short = json.loads(issuer.key_set())["keys"]
    entries = [
        {"kty": "oct", "k": SECRET, "kid": "secret"},
        {**good, "use": "enc", "kid": "encrypts"},
        {**good, "alg": "RS512", "kid": "other"},
        {"kty": "RSA", "kid": "broken", "n": "!", "e": 5},
        short,
        good,
        None,
        7,
    ]
    site.body = json.dumps({"keys": entries}).encode()
    keys = KeySet(site.url)
    assert await keys.find("good", "RS256")
    assert await keys.find(None, "RS256")  # the only one
    for kid in ("secret", "encrypts", "other", "broken", "short"):
        with pytest.raises(BadTokenError):
            await keys.find(kid, "RS256")
    with pytest.raises(BadTokenError):
        await keys.find("good", "ES256")
