"""The notifier's HTTP interface."""

from collections.abc import Awaitable, Iterable

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from contracts.access.gate import Gate
from contracts.problem import problem
from notifier.door import Door, refusal
from notifier.errors import RefusedError
from notifier.figures import Figures
from notifier.listing import Listing
from notifier.openapi import openapi_route
from notifier.stream import Events

OPEN = frozenset({"/livez", "/readyz", "/metrics", "/openapi.json"})  # nobody's in particular; all else asks who comes


def make_routes(events: Events, listing: Listing, figures: Figures, health: Iterable[Route]) -> list[Route]:
    """All that can be asked here."""
    return [Route("/events", events, methods=["GET"]), *listing.routes(), openapi_route(), figures.route(), *health]


def create_app(events: Events, routes: Iterable[Route], door: Door) -> ASGIApp:
    """The routes, and who gets to them."""
    handlers = {RefusedError: _refused, HTTPException: _http, Exception: _unexpected}
    rest = CORSMiddleware(
        Gate(Starlette(routes=list(routes), exception_handlers=handlers), door.admission, is_open=OPEN.__contains__),
        allow_origins=list(door.origins),
        allow_credentials=True,
        allow_methods=["GET"],
        allow_headers=["Authorization", "Last-Event-ID", "Cache-Control"],
    )
    return App(events, rest)


class App:
    """Streams, and beside them everything else: what a framework keeps on its stack, each open stream would hold."""

    def __init__(self, events: Events, rest: ASGIApp) -> None:
        self._events = events
        self._rest = rest

    def __call__(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        if scope["path"] == "/events" and scope["method"] in {"GET", "HEAD"}:
            return self._events(scope, receive, send)
        return self._rest(scope, receive, send)


async def _refused(_: Request, error: Exception) -> Response:
    assert isinstance(error, RefusedError)
    return refusal(error)


async def _http(_: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    words = "docs/events.md says what can be asked here"
    return problem(error.status_code, error.detail, words, headers=error.headers)


async def _unexpected(_: Request, __: Exception) -> Response:
    return problem(500, "Internal error", "This is our fault. The service's log says what happened.")
