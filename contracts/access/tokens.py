"""Signed tokens that somebody else gives out (JWT, RFC 7519; checked as RFC 8725 says)."""

import json
from dataclasses import dataclass
from typing import Any

import jwt

from contracts.access.errors import BadTokenError
from contracts.access.keys import Keys

MAX_TOKEN = 8 * 1024
REQUIRED = ["exp", "iss", "aud", "sub"]
MAX_SUBJECT = 255
# What PyJWT and `json` raise of what a stranger wrote.
UNREADABLE = (jwt.PyJWTError, ValueError, TypeError, OverflowError, RecursionError)


@dataclass(frozen=True)
class Rules:
    """What a token must say."""

    issuer: str
    audience: str
    algorithms: tuple[str, ...]  # none but these, whatever a token's header says
    leeway: int  # seconds that two clocks may differ


@dataclass(frozen=True)
class Bearer:
    """Whose token it is, and until when."""

    identity: str  # issuer and subject, which together name one person
    expires_at: float


class Tokens:
    """Checks tokens."""

    def __init__(self, keys: Keys, rules: Rules) -> None:
        self._keys = keys
        self._rules = rules

    async def check(self, token: str) -> Bearer:
        """Raises:
        BadTokenError: it is none, not from whom we believe, not for us, or not now.
        KeysAwayError: that cannot be said at the moment.
        """
        algorithm, kid = self._header(token)
        key = await self._keys.find(kid, algorithm)
        claims = self._claims(token, key, algorithm)
        subject, expires = claims["sub"], claims["exp"]
        if not isinstance(subject, str) or not 0 < len(subject) <= MAX_SUBJECT:
            raise BadTokenError("the token names nobody")
        return Bearer(json.dumps([self._rules.issuer, subject]), float(expires) + self._rules.leeway)

    def _header(self, token: str) -> tuple[str, str | None]:
        if len(token) > MAX_TOKEN:
            raise BadTokenError("the token is too long")
        try:
            header = jwt.get_unverified_header(token)
        except UNREADABLE as error:
            raise BadTokenError("this is no token") from error
        algorithm, kid = header.get("alg"), header.get("kid")
        if algorithm not in self._rules.algorithms or "crit" in header:
            raise BadTokenError("the token is signed in a way that is not accepted here")
        return algorithm, kid if isinstance(kid, str) else None

    def _claims(self, token: str, key: Any, algorithm: str) -> dict[str, Any]:
        try:
            return jwt.decode(
                token,
                key,
                algorithms=[algorithm],
                audience=self._rules.audience,
                issuer=self._rules.issuer,
                leeway=self._rules.leeway,
                options={"require": REQUIRED},
            )
        except jwt.ExpiredSignatureError as error:
            raise BadTokenError("the token has expired") from error
        except (jwt.InvalidAudienceError, jwt.InvalidIssuerError) as error:
            raise BadTokenError("the token is not from the issuer, or not for the audience, that count here") from error
        except UNREADABLE as error:
            raise BadTokenError("the token is not good") from error
