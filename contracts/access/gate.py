"""The layer around a service's routes: nobody gets in unnamed, no answer out without the headers that keep it safe."""

from collections.abc import Callable

from starlette.datastructures import MutableHeaders
from starlette.requests import HTTPConnection
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from contracts.access.admission import Admission
from contracts.access.errors import AccessError
from contracts.problem import FAULT, problem

HEALTH = frozenset({"/livez", "/readyz", "/metrics"})
# Where a route says nothing else. No answer of ours is a document that others may frame, load or guess the type of.
HEADERS = {
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}


class Gate:
    """Puts the `Caller` of every request into `request.state.caller`, but for what is open to all."""

    def __init__(self, app: ASGIApp, admission: Admission, *, is_open: Callable[[str], bool]) -> None:
        self._app = app
        self._admission = admission
        self._is_open = is_open

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def send_safely(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    headers.setdefault(name, value)
            await send(message)

        try:
            await self._let_in(scope)
        except AccessError as error:
            scope.setdefault("state", {})[FAULT] = error
            await refusal(error)(scope, receive, send_safely)
            return
        await self._app(scope, receive, send_safely)

    async def _let_in(self, scope: Scope) -> None:
        path = scope["path"]
        connection = HTTPConnection(scope)
        if path not in HEALTH:
            self._admission.screen(connection)
            if not self._is_open(path):
                scope.setdefault("state", {})["caller"] = await self._admission.admit(connection)


def refusal(error: AccessError) -> Response:
    """Why somebody is not let in (RFC 9457)."""
    return problem(error.status, error.title, str(error), headers=error.headers)
