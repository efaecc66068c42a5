import secrets

from starlette.requests import Request
from starlette.responses import Response

from contracts.owners import COOKIE, Owners


def asked(cookie: str | None = None) -> Request:
    headers = [(b"cookie", f"{COOKIE}={cookie}".encode())] if cookie else []
    return Request({"type": "http", "method": "GET", "path": "/", "headers": headers, "scheme": "http"})


def cookie_of(owners: Owners, visitor: str) -> str:
    response = Response()
    owners.remember(asked(), response, visitor)
    return response.headers["set-cookie"].split(";")[0].split("=", 1)[1]


def test_a_visitor_is_known_again() -> None:
    owners = Owners(("s3cret",))
    visitor = owners.new_visitor()
    assert owners.known_visitor(asked(cookie_of(owners, visitor))) == visitor
    assert Owners(("s3cret",)).known_visitor(asked(cookie_of(owners, visitor))) == visitor


def test_a_forged_cookie_is_nobodys() -> None:
    owners = Owners(("s3cret",))
    stranger = cookie_of(Owners(("other",)), "somebody")
    assert owners.known_visitor(asked(stranger)) is None
    assert owners.known_visitor(asked("somebody")) is None
    assert owners.known_visitor(asked("x" * 5_000)) is None
    assert owners.known_visitor(asked()) is None


def test_secrets_change_one_after_the_other() -> None:
    before, during, after = Owners(("old",)), Owners(("new", "old")), Owners(("new",), owner_secret="old")
    assert during.known_visitor(asked(cookie_of(before, "v"))) == "v"
    assert after.known_visitor(asked(cookie_of(during, "v"))) == "v"
    assert after.known_visitor(asked(cookie_of(before, "v"))) is None
    assert before.pseudonym("v") == during.pseudonym("v") == after.pseudonym("v")


def test_a_pseudonym_is_stable_and_not_the_cookie() -> None:
    owners = Owners(("s3cret",))
    assert owners.pseudonym("v") == Owners(("s3cret",)).pseudonym("v")
    assert owners.pseudonym("v") != Owners(("other",)).pseudonym("v")
    assert "visitor" not in owners.pseudonym("visitor")


def test_long_secrets_count_to_their_end() -> None:
    shared = secrets.token_urlsafe(64)
    assert Owners((f"{shared}a",)).pseudonym("v") != Owners((f"{shared}b",)).pseudonym("v")


def test_the_cookie_is_out_of_scripts_reach() -> None:
    response = Response()
    Owners().remember(asked(), response, "v")
    assert "HttpOnly" in response.headers["set-cookie"]
    assert "SameSite=lax" in response.headers["set-cookie"]
