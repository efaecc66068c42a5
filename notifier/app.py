"""The notifier's HTTP interface."""

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Protocol

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from contracts.server import Checks, health_routes
from notifier.errors import NoQueueError, UnknownFormatError
from notifier.figures import Figures
from notifier.frames import parse_format
from notifier.hub import Hub, Subscription
from notifier.settings import NotifierSettings
from notifier.stream import STREAM_HEADERS, EventStream

RETRY_AFTER_SECONDS = 3


class Transport(Protocol):
    """What brings events to a subscription."""

    def attached(self, subscription: Subscription) -> AbstractAsyncContextManager[None]:
        """From here on, every event; raises `NoQueueError` while that can't be."""


class Events:
    """`GET /events`, as a plain ASGI application: a stream is open for hours, so what it holds is kept small."""

    def __init__(self, hub: Hub, transport: Transport) -> None:
        self._hub = hub
        self._transport = transport

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        answer: ASGIApp
        if scope["method"] == "HEAD":
            await Response(headers=dict(STREAM_HEADERS))(scope, receive, send)
            return
        try:
            async with self._open(scope) as answer:
                await answer(scope, receive, send)
        except UnknownFormatError as error:
            await _problem(400, "Unknown format", str(error))(scope, receive, send)
        except NoQueueError:
            detail = "the message broker does not answer at the moment; connect again shortly"
            await _problem(503, "Not ready", detail)(scope, receive, send)

    @asynccontextmanager
    async def _open(self, scope: Scope) -> AsyncIterator[ASGIApp]:
        wanted = parse_format(Request(scope).query_params.get("format"))
        if self._hub.is_draining:
            raise NoQueueError("this notifier is about to stop")
        with self._hub.subscribe(wanted) as subscription:
            async with self._transport.attached(subscription):
                yield EventStream(subscription)


def create_app(
    settings: NotifierSettings, *, hub: Hub, transport: Transport, figures: Figures, checks: Checks
) -> ASGIApp:
    """Put the routes together."""
    cross_origin = Middleware(
        CORSMiddleware,
        allow_origins=list(settings.allowed_origins),
        allow_credentials=True,
        allow_methods=["GET"],
        allow_headers=["Last-Event-ID", "Cache-Control"],
    )
    routes = [Route("/events", Events(hub, transport), methods=["GET"]), figures.route(), *health_routes(checks)]
    return Starlette(routes=routes, middleware=[cross_origin])


def _problem(status: int, title: str, detail: str) -> JSONResponse:
    """A problem detail (RFC 9457)."""
    headers = {"Cache-Control": "no-store"}
    if status == 503:
        headers["Retry-After"] = str(RETRY_AFTER_SECONDS)
    body = {"type": "about:blank", "title": title, "status": status, "detail": detail}
    return JSONResponse(body, status, headers, media_type="application/problem+json")
