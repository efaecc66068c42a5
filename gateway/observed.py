"""ASGI middleware: what requests there are, and what comes of them."""

import time
from contextlib import AbstractContextManager, nullcontext

from opentelemetry import trace
from opentelemetry.trace import INVALID_SPAN, Span, SpanKind, StatusCode
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from contracts.access.errors import AccessError
from contracts.problem import FAULT
from contracts.traces import from_request
from gateway.errors import RefusedError, SenderGoneError
from gateway.figures import COMMAND, READ, UPLOAD, Figures

TRACER = trace.get_tracer("stagecast.gateway")
UPLOADS = ("/upload", "/files")
UNHEARD = ("/livez", "/readyz", "/metrics")  # who watches us is no visitor


def kind_of(method: str, path: str) -> str:
    """What a request wants, in one of three words."""
    if method in {"GET", "HEAD", "OPTIONS"}:
        return READ
    return UPLOAD if path.startswith(UPLOADS) else COMMAND


class Observed:
    """Counts requests, the bytes that they bring, and how long they take."""

    def __init__(self, app: ASGIApp, figures: Figures) -> None:
        self._app = app
        self._figures = figures

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"] in UNHEARD:
            await self._app(scope, receive, send)
            return
        figures, kind = self._figures, kind_of(scope["method"], scope["path"])
        state = scope.setdefault("state", {})
        status, began = 500, time.monotonic()

        async def receive_and_count() -> Message:
            message = await receive()
            if body := message.get("body"):
                figures.received(len(body))
            return message

        async def send_and_note(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        with figures.in_progress.labels(kind).track_inprogress(), _span(kind, scope) as span:
            try:
                await self._app(scope, receive_and_count, send_and_note)
            finally:
                span.set_attribute("http.response.status_code", status)
                if status >= 500:
                    span.set_status(StatusCode.ERROR)
                figures.answered(kind, status, seconds=time.monotonic() - began)
                self._note(kind, state.get(FAULT))

    def _note(self, kind: str, fault: Exception | None) -> None:
        match fault:
            case RefusedError() | AccessError():
                self._figures.refused(kind, fault)
            case SenderGoneError():
                self._figures.abandoned(kind)


def _span(kind: str, scope: Scope) -> AbstractContextManager[Span]:
    """What changes nothing is no part of a job's story. The path stays out of it: it may hold a file's name."""
    if kind == READ:
        return nullcontext(INVALID_SPAN)
    about = {"http.request.method": scope["method"]}
    belongs_to = from_request(scope["headers"])
    return TRACER.start_as_current_span(kind, context=belongs_to, kind=SpanKind.SERVER, attributes=about)
