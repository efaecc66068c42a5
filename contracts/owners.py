"""Who sends: an anonymous visitor, known by a signed cookie, or the bearer of a token.

Events carry a pseudonym, from which neither the cookie nor the token's subject can be guessed.
"""

import hashlib
import secrets

from itsdangerous import BadSignature, Signer
from starlette.requests import HTTPConnection, Request
from starlette.responses import Response

COOKIE = "stagecast"
COOKIE_SECONDS = 365 * 24 * 3600
MAX_COOKIE = 256


class Owners:
    """Gives each visitor a cookie, and each cookie or token a pseudonym.

    The first of the secrets signs and all are known, so that they can be changed one after the other. Pseudonyms stay
    as long as `owner_secret` does: by default that is the last, and oldest, of the secrets.
    """

    def __init__(self, known: tuple[str, ...] = (), *, owner_secret: str | None = None) -> None:
        known = known or (secrets.token_urlsafe(32),)
        keys = list(reversed(known))  # itsdangerous signs with the last one
        self._signer = Signer(keys, salt="stagecast.visitor", digest_method=hashlib.sha256)
        self._key = hashlib.blake2b((owner_secret or known[-1]).encode(), person=b"stagecast.owner").digest()

    def known_visitor(self, request: HTTPConnection) -> str | None:
        """The visitor's secret id, if the cookie has one that we signed."""
        cookie = request.cookies.get(COOKIE, "")
        try:
            return self._signer.unsign(cookie).decode() if len(cookie) <= MAX_COOKIE else None
        except (BadSignature, UnicodeError):
            return None

    def new_visitor(self) -> str:
        """The secret id of somebody who has never been here."""
        return secrets.token_urlsafe(16)

    def pseudonym(self, identity: str) -> str:
        """The public name of a visitor or bearer: the same wherever the secret is the same."""
        return hashlib.blake2b(identity.encode(), key=self._key, digest_size=16).hexdigest()

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
