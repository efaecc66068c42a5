"""Whether a request that changes something comes from a page of ours, or from no page at all."""

from collections.abc import Collection
from urllib.parse import urlsplit

from starlette.datastructures import Headers

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})


def is_from_foreign_page(headers: Headers, allowed: Collection[str]) -> bool:
    """By what browsers say and pages cannot change: `Sec-Fetch-Site`, or where that is missing `Origin`.

    Programs send neither. Another port of the same host is another origin.
    """
    origin, site = headers.get("origin"), headers.get("sec-fetch-site")
    if origin is not None and origin in allowed:
        return False
    if site is not None:
        return site not in {"same-origin", "none"}
    return origin is not None and _host(origin) != headers.get("host", "").lower()


def _host(origin: str) -> str | None:
    """Without the scheme: a proxy may have ended TLS."""
    try:
        return urlsplit(origin).netloc.lower() or None
    except ValueError:
        return None
