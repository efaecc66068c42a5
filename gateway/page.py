"""The page: static files, and an index that knows where the streams are, and who reads it."""

import re
from base64 import b64encode
from collections.abc import Iterable
from hashlib import sha256
from pathlib import Path
from urllib.parse import urlsplit

from fastapi import APIRouter, Request
from starlette.responses import HTMLResponse, Response
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

from contracts.access.admission import Admission

WEB = Path(__file__).parent / "web"
LOADER = "load.js"
APART = frozenset({LOADER, "stream-worker.js"})  # no modules of the page's: it is written into the page; a worker's
PLACE = re.compile(r"\{\{(\w+)\}\}")
HOST_NAME = re.compile(r"[A-Za-z0-9.-]{1,253}|\[[0-9A-Fa-f:.]{2,45}\]")
HEADERS = {
    "Cache-Control": "no-cache",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}


class WebFiles(StaticFiles):
    """The page's files, asked for again when they changed.

    Each has the page's policy: a worker has that of its script, and the page's reads the streams.
    """

    def __init__(self, *, events_url: str, notifier_port: int) -> None:
        super().__init__(directory=WEB)
        self._events_url = events_url
        self._notifier_port = notifier_port

    async def get_response(self, path: str, scope: Scope) -> Response:
        response = await super().get_response(path, scope)
        events = _events_address(Request(scope), self._events_url, self._notifier_port)
        response.headers.update({**HEADERS, "Content-Security-Policy": content_security_policy(events)})
        return response


def page_routes(admission: Admission, *, events_url: str, notifier_port: int) -> APIRouter:
    """`GET /`. Without an `events_url` the streams are on the notifier's port of the host that the page came from."""
    router = APIRouter()
    index, loader = (WEB / "index.html").read_text(), (WEB / LOADER).read_text()
    modules = {path.name for path in WEB.glob("*.js")} - APART
    known = {"door": door_word(admission), "loader": loader, "modules": module_links(modules)}

    @router.get("/", include_in_schema=False)
    async def show_page(request: Request) -> Response:
        events = _events_address(request, events_url, notifier_port)
        policy = content_security_policy(events, loader)
        caller = await admission.recognise(request)
        owner = (caller and caller.owner) or ""
        told = {**known, "events_url": events, "owner": owner}
        page = PLACE.sub(lambda place: told[place[1]], index)
        response = HTMLResponse(page, headers={**HEADERS, "Content-Security-Policy": policy})
        admission.remember(request, response, caller)
        return response

    return router


def module_links(names: Iterable[str]) -> str:
    """All modules are asked for at once: by their imports alone, each would wait for those that name it."""
    return "\n".join(f'    <link rel="modulepreload" href="/web/{name}">' for name in sorted(names))


def door_word(admission: Admission) -> str:
    """By what people are known here, and whose jobs they see: the page's words depend on both."""
    known_by = "cookies" if admission.tokens is None else "tokens"
    return f"{known_by} {admission.visibility}"


def content_security_policy(events_url: str, script: str = "") -> str:
    """Only our own files, and the streams; a path such as `/events` is on the page's own origin.

    Of scripts that stand in the page itself, this one alone.
    """
    parts = urlsplit(events_url)
    streams = f" {parts.scheme}://{parts.netloc}" if parts.netloc else ""
    inline = f" 'sha256-{b64encode(sha256(script.encode()).digest()).decode()}'" if script else ""
    return (
        f"default-src 'none'; script-src 'self'{inline}; style-src 'self'; img-src 'self' data:; "
        f"connect-src 'self'{streams}; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )


def _events_address(request: Request, events_url: str, notifier_port: int) -> str:
    return events_url or f"{request.url.scheme}://{_host_name(request)}:{notifier_port}/events"


def _host_name(request: Request) -> str:
    """The name in the `Host` header, without its port; never anything that could leave an attribute or a policy."""
    name = re.sub(r":\d*$", "", request.headers.get("host", ""))
    return name if HOST_NAME.fullmatch(name) else "localhost"
