"""Whether a stream comes through as it is told: at once, uncompressed, with its heartbeats, for as long as it likes."""

import asyncio
import time
from dataclasses import dataclass, field
from itertools import pairwise

import httpx

from cli.amounts import span_said
from cli.doctor.finding import Finding, good, wrong
from cli.output import shown
from client.stream import broken

FIRST_BYTE = 5.0  # seconds: the first comment is sent at once
SILENCE = 20.0  # a heartbeat comes every 15 s
NGINX = "nginx: `proxy_buffering off; proxy_cache off; gzip off; proxy_read_timeout 1h;` for /events"


@dataclass(frozen=True)
class Reading:
    """What came of `GET /events` that asks for compression, as a browser does; times in seconds since the request."""

    url: str
    listened: float  # how long it was to be
    status: int | None = None
    error: str = ""
    headers: dict[str, str] = field(default_factory=dict)
    arrivals: tuple[float, ...] = ()  # of bytes
    ended_at: float | None = None  # None: it was still open


async def read_stream(http: httpx.AsyncClient, url: str, *, seconds: float) -> Reading:
    """Listen for so long, and note when something came."""
    arrivals: list[float] = []
    started = time.monotonic()
    status, headers, ended_at, error = None, {}, None, ""
    try:
        async with (
            asyncio.timeout(seconds),
            http.stream("GET", url, headers={"Accept-Encoding": "gzip, br, zstd"}, timeout=None) as answer,
        ):
            status, headers = answer.status_code, dict(answer.headers)
            async for _ in answer.aiter_raw():
                arrivals.append(time.monotonic() - started)  # noqa: PERF401 - a timeout ends it in its midst
        ended_at = time.monotonic() - started
    except TimeoutError:
        pass
    except httpx.TransportError as fault:
        ended_at, error = time.monotonic() - started, broken(fault)
    return Reading(url, seconds, status, error, headers, tuple(arrivals), ended_at)


def judge_stream(reading: Reading) -> list[Finding]:
    """All that is wrong with it; if nothing is, that."""
    check = "stream"
    if reading.status is None:
        said = f"{reading.url}: {shown(reading.error) or f'no answer within {span_said(reading.listened)}'}"
        return [wrong(check, said, f"start the notifier, or say where it is (--events-url). If it runs, {NGINX}")]
    kind = reading.headers.get("content-type", "")
    if reading.status != httpx.codes.OK or not kind.startswith("text/event-stream"):
        said = f"{reading.url} answers {reading.status} {shown(kind)}"
        return [wrong(check, said, "send /events on to the notifier, or say where it is (--events-url)")]
    return _faults(reading) or [good(check, _well(reading))]


def silences(reading: Reading) -> list[float]:
    """The spans in which nothing came, between what came and up to the end."""
    marks = [0.0, *reading.arrivals, reading.ended_at or reading.listened]
    return [later - earlier for earlier, later in pairwise(marks)]


def _faults(reading: Reading) -> list[Finding]:
    found = []
    if encoding := reading.headers.get("content-encoding"):
        said = f"what stands in front compresses it ({shown(encoding)}), and so holds it back"
        found.append(wrong("stream: compression", said, f"let text/event-stream through as it is. {NGINX}"))
    if not reading.arrivals or reading.arrivals[0] > min(FIRST_BYTE, reading.listened):
        when = f"came after {span_said(reading.arrivals[0])}" if reading.arrivals else "did not come"
        said = f"the first bytes, which are sent at once, {when}"
        found.append(wrong("stream: buffering", said, f"turn buffering off for /events. {NGINX}"))
    elif max(silences(reading)) > SILENCE:
        said = f"nothing came for {span_said(max(silences(reading)))}: heartbeats are sent every 15 s"
        found.append(wrong("stream: buffering", said, f"turn buffering off for /events. {NGINX}"))
    if reading.ended_at is not None:
        said = f"it was cut after {span_said(reading.ended_at)}"
        remedy = f"let answers last for hours, or as long as something comes. {NGINX}"
        found.append(wrong("stream: timeout", said, remedy))
    return found


def _well(reading: Reading) -> str:
    server = reading.headers.get("via") or reading.headers.get("server")
    through = f", through {shown(server)}" if server else ""
    first, longest = span_said(reading.arrivals[0]), span_said(max(silences(reading)))
    lasted = span_said(reading.listened)
    return f"open for {lasted}, first bytes after {first}, never silent for more than {longest}{through}"
