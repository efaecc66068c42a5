"""Which HTTP a URL speaks: over HTTP/1.1 a browser opens six connections to it, for all its tabs together."""

import asyncio
import ssl
from dataclasses import dataclass
from urllib.parse import urlsplit

from cli.doctor.finding import Finding, good, note, unseen, wrong
from cli.output import shown
from contracts.broker import describe

CHECK = "HTTP version"
SECONDS = 5.0
REMEDY = "serve it over https with HTTP/2 (Caddy and nginx do): browsers speak HTTP/2 only there"


@dataclass(frozen=True)
class Spoken:
    """What was agreed on."""

    url: str
    protocol: str | None = None  # as ALPN names it (RFC 7301)
    error: str = ""


async def read_http_version(url: str) -> Spoken:
    """Shake hands as a browser would; plain http needs no asking."""
    parts = urlsplit(url)
    if parts.scheme != "https":
        return Spoken(url, "http/1.1")
    context = ssl.create_default_context()
    context.set_alpn_protocols(["h2", "http/1.1"])
    try:
        async with asyncio.timeout(SECONDS):
            _, writer = await asyncio.open_connection(parts.hostname, parts.port or 443, ssl=context)
    except (OSError, TimeoutError) as error:
        return Spoken(url, error=describe(error))
    agreed = writer.get_extra_info("ssl_object").selected_alpn_protocol()
    writer.close()
    return Spoken(url, agreed or "http/1.1")


def judge_http_version(spoken: Spoken, *, is_here: bool) -> Finding:
    """On this machine plain http is as it should be."""
    if spoken.error:
        is_certificate = "certificate" in spoken.error.lower()
        said = f"no TLS with {spoken.url}: {shown(spoken.error)}"
        return wrong(CHECK, said, "renew the certificate") if is_certificate else unseen(CHECK, said)
    if spoken.protocol == "h2":
        return good(CHECK, "HTTP/2: as many streams as a browser likes")
    if is_here and spoken.url.startswith("http:"):
        return good(CHECK, "HTTP/1.1, as is usual on one machine: the page's tabs share one stream")
    said = f"HTTP/1.1 at {spoken.url}: a browser opens six connections to it, for all its tabs together"
    return note(CHECK, said, REMEDY)
