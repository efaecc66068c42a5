"""Who a caller is by what it brings, and that nothing that is not good is passed over."""

import itertools
from typing import Any

import pytest

from contracts.access.admission import Admission, admission
from contracts.access.errors import (
    AccessError,
    BadPassError,
    BadTokenError,
    ForeignOriginError,
    MisdirectedError,
    NotSignedInError,
    ReadOnlyError,
    TooFastError,
)
from contracts.access.settings import AccessSettings
from contracts.owners import COOKIE, Owners
from tests.access import AUDIENCE, ISSUER, SECRET, asked, bearer, token

JOB = "01a20beb-759e-711e-a662-2245c28c2c1b"
OURS = "https://ours.example"


def door(**settings: Any) -> Admission:
    return admission(AccessSettings(**{"secret": "first,second", **settings}), (OURS,))


def with_tokens(**settings: Any) -> Admission:
    return door(auth_secret=SECRET, auth_issuer=ISSUER, auth_audience=AUDIENCE, **settings)


def cookie(visitor: str = "visitor", secret: str = "second") -> str:
    return f"{COOKIE}={Owners((secret,))._signer.sign(visitor).decode()}"


async def test_a_visitor_is_known_by_its_cookie_whichever_secret_signed_it() -> None:
    first, second = [await door().admit(asked(cookie=cookie(secret=name))) for name in ("first", "second")]
    assert first.owner == second.owner
    assert first.is_known


async def test_a_newcomer_is_nobody_else() -> None:
    one, other = await door().admit(asked()), await door().admit(asked(cookie=f"{COOKIE}=forged"))
    assert not one.is_known
    assert not other.is_known
    assert one.owner != other.owner


async def test_without_tokens_the_header_is_somebody_elses_business() -> None:
    """Such as of a proxy that asks for a password."""
    assert not (await door().admit(asked(authorization="Basic YTpi"))).is_known


async def test_a_token_as_header_or_cookie_and_the_header_first() -> None:
    admits = with_tokens().admit
    by_header = await admits(asked(authorization=f"Bearer {token('ada')}", cookie=f"stagecast_token={token('eve')}"))
    by_cookie = await admits(asked(cookie=f"stagecast_token={token('ada')}"))
    assert by_header.owner == by_cookie.owner != (await admits(asked(authorization=f"Bearer {token('eve')}"))).owner
    assert by_header.expires_at


async def test_pseudonyms_tell_neither_subject_nor_issuer() -> None:
    owner = (await with_tokens().admit(asked(authorization=f"Bearer {token('ada')}"))).owner
    assert owner is not None
    assert len(owner) == 32
    assert owner == (await with_tokens().admit(asked(authorization=f"bearer {token('ada')}"))).owner
    assert owner != (await with_tokens(owner_secret="z").admit(asked(authorization=f"Bearer {token('ada')}"))).owner


@pytest.mark.parametrize(
    ("headers", "refused"),
    [
        ({}, NotSignedInError),
        ({"cookie": cookie()}, NotSignedInError),
        ({"authorization": "Bearer x", "cookie": f"stagecast_token={token()}"}, BadTokenError),
        ({"authorization": "Basic YTpi", "cookie": f"stagecast_token={token()}"}, BadTokenError),
        ({"authorization": ""}, BadTokenError),
        ({"cookie": f"stagecast_token={token(seconds=-300)}; {cookie()}"}, BadTokenError),
    ],
)
async def test_nobody_is_taken_for_a_visitor_where_tokens_are_asked_for(
    headers: dict[str, str], refused: type[AccessError]
) -> None:
    with pytest.raises(refused) as error:
        await with_tokens().admit(asked(**headers))
    assert error.value.status == 401
    assert error.value.headers["WWW-Authenticate"].startswith("Bearer")


async def test_a_link_is_for_one_job_and_for_reading() -> None:
    for admits in (door(), door(visibility="own"), with_tokens()):
        assert admits.passes is not None
        text = admits.passes.share(JOB, 60).text
        caller = await admits.admit(asked(query=f"share={text}", cookie=cookie(), **bearer(token())))
        assert caller.share is not None
        assert (caller.share.job_id, caller.owner) == (JOB, None)
        for method in ("POST", "PUT", "PATCH", "DELETE"):
            with pytest.raises(ReadOnlyError):
                await admits.admit(asked(method, query=f"share={text}", cookie=cookie()))


async def test_a_bad_link_is_refused_whatever_else_there_is() -> None:
    admits = door()
    assert admits.passes is not None
    expired = admits.passes.share(JOB, -1).text
    ticket = admits.passes.ticket("owner", None)
    for text in ("", "x", expired, ticket, "." * 2_000, cookie()):
        with pytest.raises(BadPassError):
            await admits.admit(asked(query=f"share={text}", cookie=cookie()))


def test_tickets_are_no_links_and_age() -> None:
    passes = door().passes
    assert passes is not None
    assert passes.read_ticket(passes.ticket("o", 5.0)).until == 5.0
    for text in (passes.share(JOB, 60).text, "x", ""):
        with pytest.raises(BadPassError):
            passes.read_ticket(text)
    passes._clock = lambda: 0.0
    old = passes.ticket("o", None)
    passes._clock = lambda: 61.0
    with pytest.raises(BadPassError):
        passes.read_ticket(old)


FOREIGN = [
    {"origin": "https://evil.example"},
    {"origin": "null"},
    {"origin": "http://localhost:9000"},
    {"origin": "https://ours.example.evil.example"},
    {"origin": "http://["},
    {"sec_fetch_site": "cross-site"},
    {"sec_fetch_site": "same-site", "origin": "http://localhost"},
]
OWN: list[dict[str, str]] = [
    {},
    {"origin": "http://localhost"},
    {"origin": "https://LOCALHOST"},
    {"origin": OURS, "sec_fetch_site": "cross-site"},
    {"sec_fetch_site": "same-origin", "origin": "https://behind.a.proxy"},
    {"sec_fetch_site": "none"},
]


@pytest.mark.parametrize(("method", "headers"), [*itertools.product(["POST", "PUT", "PATCH", "DELETE"], FOREIGN)])
async def test_a_foreign_page_changes_nothing(method: str, headers: dict[str, str]) -> None:
    with pytest.raises(ForeignOriginError):
        await door().admit(asked(method, host="localhost", cookie=cookie(), **headers))
    with pytest.raises(ForeignOriginError):
        await with_tokens().admit(asked(method, host="localhost", cookie=f"stagecast_token={token()}", **headers))
    await with_tokens().admit(asked(method, host="localhost", authorization=f"Bearer {token()}", **headers))


@pytest.mark.parametrize("headers", OWN)
async def test_our_pages_and_programs_do(headers: dict[str, str]) -> None:
    await door().admit(asked("POST", host="localhost", cookie=cookie(), **headers))


def test_a_page_that_takes_our_address_is_not_let_in() -> None:
    """What it was sent to is the one thing in which its request differs from one of ours."""
    for host in ("localhost:8000", "192.0.2.7:8000", "files.example"):
        door(allowed_hosts="files.example").screen(asked(host=host))
    with pytest.raises(MisdirectedError, match="STAGECAST_ALLOWED_HOSTS"):
        door(allowed_hosts="files.example").screen(asked(host="evil.example:8000", origin="http://evil.example:8000"))
    with pytest.raises(MisdirectedError):
        door().screen(asked(host="files.example"))
    door(visibility="own").screen(asked(host="files.example"))
    with_tokens().screen(asked(host="files.example"))
    door().screen(asked())  # no browser's


def test_who_asks_too_often_waits() -> None:
    fast = door(rate_per_second=1, rate_burst=3)
    for _ in range(3):
        fast.screen(asked())
    with pytest.raises(TooFastError) as refused:
        fast.screen(asked())
    assert refused.value.headers == {"Retry-After": "1"}
    fast.screen(asked(client="192.0.2.2"))
    for number in range(3):
        fast.screen(asked(client=f"2001:db8::{number}"))
    with pytest.raises(TooFastError):
        fast.screen(asked(client="2001:db8::ffff"))
    for _ in range(1_000):
        door().screen(asked())
