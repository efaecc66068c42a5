"""Who sends: an anonymous visitor, known by a signed cookie.

Events carry a pseudonym, from which the cookie cannot be guessed.
"""

import hashlib
import secrets

from itsdangerous import BadSignature, Signer
from pydantic import SecretStr
from starlette.requests import HTTPConnection, Request
from starlette.responses import Response

COOKIE = "stagecast"
COOKIE_SECONDS = 365 * 24 * 3600


class Owners:
    """Gives each visitor a cookie, and each cookie a pseudonym."""

    def __init__(self, secret: SecretStr | None) -> None:
        self._key = secret.get_secret_value() if secret else secrets.token_urlsafe(32)
        self._signer = Signer(self._key, salt="stagecast.visitor", digest_method=hashlib.sha256)

    def known_visitor(self, request: HTTPConnection) -> str | None:
        """The visitor's secret id, if the cookie has one that we signed."""
        try:
            return self._signer.unsign(request.cookies.get(COOKIE, "")).decode()
        except BadSignature:
            return None

    def visitor(self, request: HTTPConnection) -> str:
        """The visitor's secret id: from the cookie, or a new one where there is none or a forged one."""
        return self.known_visitor(request) or secrets.token_urlsafe(16)

    def pseudonym(self, visitor: str) -> str:
        """The public name of a visitor: the same wherever the secret is the same."""
        return hashlib.blake2s(visitor.encode(), key=self._key.encode()[:32], digest_size=8).hexdigest()

    def remember(self, request: Request, response: Response, visitor: str) -> None:
        """Set the cookie, for a year from the last visit."""
        response.set_cookie(
            COOKIE,
            self._signer.sign(visitor).decode(),
            max_age=COOKIE_SECONDS,
            httponly=True,
            samesite="lax",
            secure=request.url.scheme == "https",
        )
