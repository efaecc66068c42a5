"""The gateway's HTTP interface."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from fastapi import APIRouter, FastAPI, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp

from contracts.owners import Owners
from contracts.server import Checks, health_routes
from gateway.blobs import Blobs
from gateway.body import read_body
from gateway.command_routes import command_routes
from gateway.commands import Commands
from gateway.form import Form
from gateway.idempotency import HEADER, read_key
from gateway.jobs import describe_job, job_routes
from gateway.page import WEB, WebFiles, page_routes
from gateway.problems import PROBLEM, install_problems
from gateway.records import Records
from gateway.settings import GatewaySettings
from gateway.uploads import Sender, Uploads

UPLOAD_ANSWERS: dict[int | str, dict[str, Any]] = {
    202: {"description": "Stored, and taken over by the broker."},
    400: {"description": "A broken body, or an unusable `Idempotency-Key`.", **PROBLEM},
    413: {"description": "Too large.", **PROBLEM},
    415: {"description": "Not multipart.", **PROBLEM},
    422: {"description": "No file, an unknown pipeline, or a key that was used for something else.", **PROBLEM},
    503: {"description": "The broker, the store or the processors are away; `Retry-After` says when.", **PROBLEM},
    507: {"description": "No room left.", **PROBLEM},
}


@dataclass(frozen=True)
class Desk:
    """What the routes work with."""

    uploads: Uploads
    blobs: Blobs
    records: Records
    commands: Commands
    owners: Owners


def create_app(settings: GatewaySettings, desk: Desk, *, checks: Checks, routes: Iterable[Route] = ()) -> ASGIApp:
    """Put the routes together."""
    owners = desk.owners
    app = FastAPI(
        title="Stagecast gateway",
        summary="The write side",
        docs_url=None,
        redoc_url=None,
        telemetry={"tracing": False},  # its spans have paths, and so files' names; ours are `gateway/observed.py`
    )
    install_problems(app)
    app.include_router(upload_routes(desk.uploads, owners, limit=settings.gateway_max_upload_bytes))
    app.include_router(job_routes(desk.blobs, desk.records))
    app.include_router(command_routes(desk.commands))
    app.include_router(
        page_routes(owners, events_url=settings.gateway_events_url, notifier_port=settings.notifier_port)
    )
    app.mount("/web", WebFiles(directory=WEB))
    app.routes.extend([*health_routes(checks), *routes])
    return app


def upload_routes(uploads: Uploads, owners: Owners, *, limit: int) -> APIRouter:
    """`POST /upload` and `PUT /upload/<name>`."""
    router = APIRouter(tags=["uploads"])

    def accepted(request: Request, visitor: str, jobs: list[dict[str, Any]]) -> Response:
        response = JSONResponse({"jobs": jobs}, status_code=202, headers={"Location": jobs[0]["links"]["self"]})
        owners.remember(request, response, visitor)
        return response

    def sender(request: Request, visitor: str) -> Sender:
        key = read_key(request.headers.get(HEADER), request=f"{request.method} {request.url.path}")
        return Sender(owners.pseudonym(visitor), key)

    @router.post("/upload", status_code=202, responses=UPLOAD_ANSWERS, summary="Upload files as a form")
    async def upload_form(request: Request, pipeline: str | None = None) -> Response:
        visitor = owners.visitor(request)
        form = Form(request.headers.get("content-type"), read_body(request, limit=limit))
        jobs = await uploads.accept_form(form, pipeline=pipeline, sender=sender(request, visitor))
        return accepted(request, visitor, [describe_job(job) for job in jobs])

    @router.put("/upload/{name:path}", status_code=202, responses=UPLOAD_ANSWERS, summary="Upload one file's bytes")
    async def upload_bytes(request: Request, name: str, pipeline: str | None = None) -> Response:
        visitor = owners.visitor(request)
        body = read_body(request, limit=limit)
        jobs = await uploads.accept_bytes(name, body, pipeline=pipeline, sender=sender(request, visitor))
        return accepted(request, visitor, [describe_job(job) for job in jobs])

    return router
