"""Where a Stagecast is: URLs that can be asked, and what is beside them; pure."""

from urllib.parse import urlsplit, urlunsplit

from client.errors import ClientError


def check_url(url: str) -> None:
    """Return if it can be asked.

    Raises:
        ClientError: it cannot.
    """
    try:
        parts = urlsplit(url)
        usable = parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
    except ValueError:
        usable = False
    if not usable:
        raise ClientError(f"{url!r} is no URL to ask: write it as http://localhost:8000")


def origin(url: str) -> str:
    """Its scheme, host and port."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


def on_port(url: str, port: int) -> str:
    """The origin at another port of that host."""
    parts = urlsplit(url)
    host = f"[{parts.hostname}]" if ":" in (parts.hostname or "") else parts.hostname
    return urlunsplit((parts.scheme, f"{host}:{port}", "", "", ""))
