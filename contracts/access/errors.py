"""Errors named by the answer that their reader gives. No text repeats what was sent: it may be a secret."""

from collections.abc import Mapping


class AccessError(Exception):
    """The request is not let in; `status` says why in HTTP's words."""

    status = 403
    title = "Not allowed"

    @property
    def headers(self) -> Mapping[str, str]:
        """What the answer says besides."""
        return {}


class NotSignedInError(AccessError):
    """There is no token: send one."""

    status = 401
    title = "Not signed in"

    @property
    def headers(self) -> Mapping[str, str]:
        return {"WWW-Authenticate": 'Bearer realm="stagecast"'}


class BadTokenError(AccessError):
    """There is a token, and it is not good: get a new one (RFC 6750, section 3.1)."""

    status = 401
    title = "Token not accepted"

    @property
    def headers(self) -> Mapping[str, str]:
        return {"WWW-Authenticate": f'Bearer realm="stagecast", error="invalid_token", error_description="{self}"'}


class BadPassError(AccessError):
    """A ticket or a share link that is forged, expired or used: ask for a new one."""

    title = "Link not accepted"


class ReadOnlyError(AccessError):
    """A share link reads: send the command as the job's owner."""

    title = "Read-only"


class ForeignOriginError(AccessError):
    """A page of another origin wants to change something: name it among the allowed origins, or don't."""

    title = "Another origin"


class MisdirectedError(AccessError):
    """It was sent to a name that is none of ours: use one, or let it be one."""

    status = 421
    title = "Unknown host name"

    def __init__(self) -> None:
        super().__init__(
            "this server does not go by the name that it was asked under: use its address or `localhost`, "
            "or name it in STAGECAST_ALLOWED_HOSTS"
        )


class TooFastError(AccessError):
    """The client asks too often: wait."""

    status = 429
    title = "Too many requests"

    def __init__(self, seconds: int) -> None:
        super().__init__(f"you ask faster than this server allows; try again in {seconds} s")
        self._seconds = seconds

    @property
    def headers(self) -> Mapping[str, str]:
        return {"Retry-After": str(self._seconds)}


class KeysAwayError(AccessError):
    """The keys that tokens are checked with cannot be had: try again shortly."""

    status = 503
    title = "Not ready"

    @property
    def headers(self) -> Mapping[str, str]:
        return {"Retry-After": "5"}
