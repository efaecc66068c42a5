"""What routes ask about a caller. The gate has let it in; whose a job is, its record says."""

from collections.abc import Iterable
from typing import Annotated, Any

from fastapi import Depends, Request
from starlette.middleware.cors import CORSMiddleware
from starlette.types import ASGIApp

from contracts.access.caller import Caller
from contracts.record import JobRecord
from gateway.errors import NotFoundError
from gateway.idempotency import HEADER
from gateway.problems import PROBLEM
from gateway.records import Records
from gateway.tus.protocol import ANSWER_HEADERS, REQUEST_HEADERS

PAGE_FILES = "/web/"
OPEN = frozenset({"/", "/openapi.json", "/livez", "/readyz", "/metrics"})  # nobody's; all else asks who comes
DIGESTS = ("Content-Digest", "Repr-Digest")
LIMITS = ("Upload-Limit", "RateLimit", "RateLimit-Policy")
ANSWERS: dict[int | str, dict[str, Any]] = {
    401: {"description": "A token is asked for here, and there is none, or it is not good.", **PROBLEM},
    403: {"description": "A page of another origin, or a link that is not good for this.", **PROBLEM},
    421: {"description": "Sent to a name that is not ours: see `STAGECAST_ALLOWED_HOSTS`.", **PROBLEM},
    422: {"description": "A parameter has a value that is none.", **PROBLEM},
    429: {"description": "Too many requests; `Retry-After` says when.", **PROBLEM},
    503: {"description": "Something is away; `Retry-After` says when.", **PROBLEM},
}


def is_open(path: str) -> bool:
    """Whether everybody may have it."""
    return path in OPEN or path.startswith(PAGE_FILES)


async def _caller(request: Request) -> Caller:
    caller: Caller = request.state.caller
    return caller


Asking = Annotated[Caller, Depends(_caller)]


async def require_readable(records: Records, job_id: str, caller: Caller) -> JobRecord:
    """How far a job is.

    Raises:
        NotFoundError: there is no such job, or it is not this caller's: nobody learns which.
    """
    record = await records.find(job_id)
    if not caller.may_read(record.job):
        raise NotFoundError("no such job was accepted here, or it was removed")
    return record


def cross_origin(app: ASGIApp, origins: Iterable[str]) -> ASGIApp:
    """Let pages of these origins read answers (https://fetch.spec.whatwg.org/#http-cors-protocol)."""
    return CORSMiddleware(
        app,
        allow_origins=list(origins),
        allow_credentials=True,
        allow_methods=["GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE"],
        allow_headers=["Authorization", "Content-Type", "Range", HEADER, *DIGESTS, *REQUEST_HEADERS],
        expose_headers=["Location", "Retry-After", "ETag", "Content-Range", *LIMITS, *ANSWER_HEADERS],
    )
