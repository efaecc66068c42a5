"""The door of every service: from a request to who sent it. All that is refused is refused before an answer begins."""

from dataclasses import dataclass

from starlette.requests import HTTPConnection, Request
from starlette.responses import Response

from contracts.access.buckets import Buckets, network_of
from contracts.access.caller import Caller, Visibility
from contracts.access.errors import (
    AccessError,
    BadTokenError,
    ForeignOriginError,
    MisdirectedError,
    NotSignedInError,
    ReadOnlyError,
    TooFastError,
)
from contracts.access.hosts import is_ours
from contracts.access.keys import KeySet, SharedKey
from contracts.access.origins import SAFE_METHODS, is_from_foreign_page
from contracts.access.passes import Passes, Ticket
from contracts.access.settings import AccessSettings
from contracts.access.tokens import Rules, Tokens
from contracts.owners import Owners

SHARE = "share"  # the name of a link's text in a query
TICKET = "ticket"


@dataclass(frozen=True)
class Admission:
    """Says who a caller is, by what it brings: a share link, else a token where those are asked for, else a cookie.

    What is brought and not good is refused. It never makes somebody else of the caller.
    """

    owners: Owners
    passes: Passes | None  # None: no secret that all services have
    tokens: Tokens | None  # None: whoever comes is a visitor
    visibility: Visibility
    buckets: Buckets
    hosts: tuple[str, ...]  # what we are called
    origins: tuple[str, ...] = ()  # whose pages may do what ours may
    cookie: str = "stagecast_token"

    def screen(self, connection: HTTPConnection) -> None:
        """What can be said of a request before it is known who sent it.

        Raises:
            MisdirectedError: it was sent to somebody else.
            TooFastError: this client has had its share.
        """
        host = connection.headers.get("host")
        if host is not None and not is_ours(host, self.hosts):  # a browser always sends it
            raise MisdirectedError
        address = connection.client.host if connection.client else ""
        if seconds := self.buckets.take(network_of(address)):
            raise TooFastError(seconds)

    async def admit(self, connection: HTTPConnection) -> Caller:
        """Who asks.

        Raises:
            AccessError: it is not let in.
        """
        changes = connection.scope["method"] not in SAFE_METHODS
        if (text := connection.query_params.get(SHARE)) is not None:
            return self._by_share(text, changes=changes)
        bearer = _bearer(connection) if self.tokens is not None else None
        if changes and bearer is None:  # a browser sends cookies by itself
            self._require_own_page(connection)
        if self.tokens is None:
            return self._by_cookie(connection)
        token = bearer if bearer is not None else connection.cookies.get(self.cookie)
        if token is None:
            raise NotSignedInError("this server asks for a token: send it as `Authorization: Bearer …`")
        found = await self.tokens.check(token)
        return Caller(self.owners.pseudonym(found.identity), self.visibility, expires_at=found.expires_at)

    async def recognise(self, connection: HTTPConnection) -> Caller | None:
        """Who asks for what is open to all; None where that cannot be known."""
        try:
            return await self.admit(connection)
        except AccessError:
            return None

    def by_ticket(self, ticket: Ticket) -> Caller:
        """Whoever got the ticket."""
        return Caller(ticket.owner, self.visibility, expires_at=ticket.until)

    def remember(self, request: Request, response: Response, caller: Caller | None = None) -> None:
        """Give a visitor its cookie."""
        if self.tokens is None and (caller is None or caller.visitor is not None):
            caller = caller or self._by_cookie(request)
            self.owners.remember(request, response, caller.visitor or "")

    def _by_share(self, text: str, *, changes: bool) -> Caller:
        if self.passes is None:
            raise ReadOnlyError("this server gives out no links")
        share = self.passes.read_share(text)
        if changes:
            raise ReadOnlyError("with this link a job can be followed, and nothing can be changed")
        return Caller(None, self.visibility, expires_at=share.expires_at, share=share)

    def _by_cookie(self, connection: HTTPConnection) -> Caller:
        known = self.owners.known_visitor(connection)
        visitor = known or self.owners.new_visitor()
        return Caller(self.owners.pseudonym(visitor), self.visibility, is_known=known is not None, visitor=visitor)

    def _require_own_page(self, connection: HTTPConnection) -> None:
        if is_from_foreign_page(connection.headers, self.origins):
            raise ForeignOriginError("a page of another origin may not do this here, unless it is allowed to")


def admission(settings: AccessSettings, origins: tuple[str, ...]) -> Admission:
    """As the settings say."""
    owner_secret = settings.owner_secret.get_secret_value() if settings.owner_secret else None
    return Admission(
        Owners(settings.secrets, owner_secret=owner_secret),
        Passes(settings.secrets) if settings.secrets else None,
        _tokens(settings),
        settings.visibility,
        Buckets(per_second=settings.rate_per_second, burst=settings.rate_burst),
        settings.hosts,
        origins,
        settings.auth_cookie,
    )


def _tokens(settings: AccessSettings) -> Tokens | None:
    if not settings.needs_tokens:
        return None
    secret = settings.auth_secret
    algorithms = settings.auth_algorithms if secret is None else ("HS256",)
    keys = KeySet(settings.auth_jwks_url) if secret is None else SharedKey(secret.get_secret_value())
    rules = Rules(settings.auth_issuer, settings.auth_audience, algorithms, settings.auth_leeway_seconds)
    return Tokens(keys, rules)


def _bearer(connection: HTTPConnection) -> str | None:
    """The token of the header, if there is such a header (RFC 6750, section 2.1).

    Raises:
        BadTokenError: it is another kind of header.
    """
    header = connection.headers.get("authorization")
    if header is None:
        return None
    kind, _, token = header.partition(" ")
    if kind.lower() != "bearer" or not token.strip():
        raise BadTokenError("send the token as `Authorization: Bearer …`")
    return token.strip()
