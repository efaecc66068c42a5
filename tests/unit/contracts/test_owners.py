from pydantic import SecretStr
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
    owners = Owners(SecretStr("s3cret"))
    visitor = owners.visitor(asked())
    assert owners.visitor(asked(cookie_of(owners, visitor))) == visitor
    assert Owners(SecretStr("s3cret")).visitor(asked(cookie_of(owners, visitor))) == visitor


def test_a_forged_cookie_is_a_new_visitor() -> None:
    owners = Owners(SecretStr("s3cret"))
    stranger = cookie_of(Owners(SecretStr("other")), "somebody")
    assert owners.visitor(asked(stranger)) != "somebody"
    assert owners.visitor(asked("somebody")) != "somebody"


def test_a_pseudonym_is_stable_and_not_the_cookie() -> None:
    owners = Owners(SecretStr("s3cret"))
    assert owners.pseudonym("v") == Owners(SecretStr("s3cret")).pseudonym("v")
    assert owners.pseudonym("v") != Owners(SecretStr("other")).pseudonym("v")
    assert "visitor" not in owners.pseudonym("visitor")


def test_the_cookie_is_out_of_scripts_reach() -> None:
    response = Response()
    Owners(None).remember(asked(), response, "v")
    assert "HttpOnly" in response.headers["set-cookie"]
    assert "SameSite=lax" in response.headers["set-cookie"]
