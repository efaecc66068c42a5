"""Every error of the gateway as a problem detail (RFC 9457)."""

from http import HTTPStatus
from typing import Any

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import Response

from contracts.problem import FAULT, problem
from gateway.errors import RefusedError, SenderGoneError

PROBLEM: dict[str, Any] = {"content": {"application/problem+json": {}}}

log: structlog.stdlib.BoundLogger = structlog.get_logger()


def install_problems(app: FastAPI) -> None:
    """Answer every error of this service in one shape."""
    app.add_exception_handler(RefusedError, _refused)
    app.add_exception_handler(SenderGoneError, _sender_gone)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(Exception, _unexpected)


def refusal(error: RefusedError) -> Response:
    """The answer to a request that cannot be carried out."""
    retry_after = {"Retry-After": str(error.retry_after)} if error.retry_after is not None else {}
    accepted = {"accepted": list(error.accepted)} if error.accepted else {}
    return problem(error.status, error.title, str(error), headers={**retry_after, **error.headers}, **accepted)


async def _refused(request: Request, error: Exception) -> Response:
    assert isinstance(error, RefusedError)
    setattr(request.state, FAULT, error)
    return refusal(error)


async def _sender_gone(request: Request, error: Exception) -> Response:
    setattr(request.state, FAULT, error)
    log.info("upload.abandoned", route=request.scope["route"].path)  # the path itself may hold a file's name
    return Response(status_code=400)  # nobody reads it


async def _http(_: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    title = HTTPStatus(error.status_code).phrase
    return problem(error.status_code, title, str(error.detail), headers=dict(error.headers or {}))


async def _invalid(_: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    faults = [f"{'.'.join(map(str, fault['loc']))}: {fault['msg']}" for fault in error.errors()[:5]]
    return problem(422, "Unprocessable request", "; ".join(faults))


async def _unexpected(_: Request, __: Exception) -> Response:
    return problem(500, "Internal error", "This is our fault. The service's log says what happened.")
