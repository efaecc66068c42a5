"""Tokens: which are good, and which never are."""

import base64
import json
from typing import Any

import jwt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.access.errors import BadTokenError
from contracts.access.keys import SharedKey
from contracts.access.tokens import Rules, Tokens
from tests.access import AUDIENCE, ISSUER, SECRET, Issuer, claims, token

LEEWAY = 30
TOKENS = Tokens(SharedKey(SECRET), Rules(ISSUER, AUDIENCE, ("HS256",), LEEWAY))


class Published:
    """Keys that are there."""

    def __init__(self, key: Any) -> None:
        self._key = key

    async def find(self, kid: str | None, algorithm: str) -> Any:
        return self._key


async def test_a_good_token_names_one_person_of_one_issuer() -> None:
    ada, again, eve = [await TOKENS.check(token(name)) for name in ("ada", "ada", "eve")]
    assert ada.identity == again.identity != eve.identity
    assert ISSUER in ada.identity
    assert (await TOKENS.check(token(aud=["other", AUDIENCE]))).identity == ada.identity


async def test_a_stream_may_live_as_long_as_the_token() -> None:
    found = await TOKENS.check(token(exp=2_000_000_000))
    assert found.expires_at == 2_000_000_000 + LEEWAY


async def test_clocks_may_differ_by_the_leeway_and_no_more() -> None:
    await TOKENS.check(token(seconds=-LEEWAY / 2))
    for wrong in (token(seconds=-2 * LEEWAY), token(nbf=claims(seconds=2 * LEEWAY)["exp"])):
        with pytest.raises(BadTokenError):
            await TOKENS.check(wrong)


@pytest.mark.parametrize("missing", ["exp", "iss", "aud", "sub"])
async def test_a_token_says_all_that_it_must(missing: str) -> None:
    said: dict[str, Any] = {missing: None}
    with pytest.raises(BadTokenError):
        await TOKENS.check(jwt.encode(claims(**said), SECRET, algorithm="HS256"))


@pytest.mark.parametrize(
    "wrong",
    [
        token(aud="other"),
        token(iss="https://other.example"),
        token(secret="another secret of more than thirty-two bytes"),
        token(""),
        token("x" * 300),
        token(exp=1e400),
        token(exp="soon"),
        token(pad="x" * 10_000),
        jwt.encode(claims(), "", algorithm="none"),
        jwt.encode(claims(), SECRET * 2, algorithm="HS512"),
        jwt.encode(claims(), SECRET, algorithm="HS256", headers={"crit": ["b64"]}),
        "",
        "a.b.c",
        "é.é.é",
        base64.urlsafe_b64encode(b"[" * 6_000).decode() + ".e30.e30",
        base64.urlsafe_b64encode(json.dumps({"alg": ["HS256"]}).encode()).decode() + ".e30.e30",
    ],
)
async def test_what_is_never_good(wrong: str) -> None:
    with pytest.raises(BadTokenError) as refused:
        await TOKENS.check(wrong)
    assert wrong[:20] not in str(refused.value) or not wrong
    assert str(refused.value).isascii()


async def test_a_public_key_is_no_secret() -> None:
    """Whoever has the public key could sign with it, if the token were asked how it was signed."""
    issuer = Issuer()
    issuer.add_rsa("a")
    public = json.loads(issuer.key_set())["keys"][0]
    tokens = Tokens(Published(jwt.PyJWK.from_dict(public).key), Rules(ISSUER, AUDIENCE, ("RS256",), LEEWAY))
    await tokens.check(issuer.sign("a"))
    with pytest.raises(BadTokenError):
        await tokens.check(jwt.encode(claims(), public["n"] * 2, algorithm="HS256", headers={"kid": "a"}))


@given(st.text(max_size=200) | st.builds(".".join, st.lists(st.text(st.characters(codec="ascii")), max_size=5)))
async def test_whatever_is_sent_is_answered(text: str) -> None:
    with pytest.raises(BadTokenError):
        await TOKENS.check(text)
