"""The notifier's HTTP interface."""

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp

from contracts.problem import problem
from contracts.server import Checks, health_routes
from notifier.errors import RefusedError
from notifier.figures import Figures
from notifier.listing import Listing
from notifier.settings import NotifierSettings
from notifier.stream import Events


def create_app(
    settings: NotifierSettings, *, events: Events, listing: Listing, figures: Figures, checks: Checks
) -> ASGIApp:
    """Put the routes together."""
    cross_origin = Middleware(
        CORSMiddleware,
        allow_origins=list(settings.allowed_origins),
        allow_credentials=True,
        allow_methods=["GET"],
        allow_headers=["Last-Event-ID", "Cache-Control"],
    )
    routes = [
        Route("/events", events, methods=["GET"]),
        *listing.routes(),
        figures.route(),
        *health_routes(checks),
    ]
    handlers = {RefusedError: _refused, HTTPException: _http}
    return Starlette(routes=routes, middleware=[cross_origin], exception_handlers=handlers)


async def _refused(_: Request, error: Exception) -> Response:
    assert isinstance(error, RefusedError)
    headers = {"Retry-After": str(error.retry_after)} if error.retry_after is not None else None
    return problem(error.status, error.title, str(error), headers=headers)


async def _http(_: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    return problem(
        error.status_code, error.detail, "see docs/events.md for what can be asked here", headers=error.headers
    )
