"""The notifier's HTTP interface."""

from collections.abc import Awaitable, Iterable

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from contracts.problem import problem
from notifier.errors import RefusedError
from notifier.stream import Events, refusal


def create_app(events: Events, routes: Iterable[Route], *, origins: Iterable[str]) -> ASGIApp:
    """Put the routes together."""
    cross_origin = Middleware(
        CORSMiddleware,
        allow_origins=list(origins),
        allow_credentials=True,
        allow_methods=["GET"],
        allow_headers=["Last-Event-ID", "Cache-Control"],
    )
    everything = [Route("/events", events, methods=["GET"]), *routes]
    handlers = {RefusedError: _refused, HTTPException: _http}
    return App(events, Starlette(routes=everything, middleware=[cross_origin], exception_handlers=handlers))


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
