"""The gateway's HTTP interface."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

from fastapi import APIRouter, FastAPI, Request
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp

from contracts.access.admission import Admission
from contracts.access.caller import Caller
from contracts.access.gate import Gate
from contracts.server import Checks, health_routes
from gateway.access import ANSWERS, Asking, cross_origin, is_open
from gateway.batch import Sender
from gateway.blobs import Blobs
from gateway.body import content_length, read_body
from gateway.command_routes import command_routes
from gateway.commands import Commands
from gateway.digests import read_digests, verified
from gateway.form import Form
from gateway.idempotency import HEADER, read_key
from gateway.jobs import describe_job, job_routes
from gateway.page import WebFiles, page_routes
from gateway.passes import pass_routes
from gateway.problems import PROBLEM, install_problems
from gateway.records import Records
from gateway.settings import GatewaySettings
from gateway.tus.desk import TusDesk
from gateway.tus.routes import tus_routes
from gateway.uploads import Uploads
from gateway.usage import UsageBook

UPLOAD_ANSWERS: dict[int | str, dict[str, Any]] = {
    202: {"description": "Stored, and taken over by the broker."},
    400: {"description": "A broken body, an unusable `Idempotency-Key`, or not what a digest says.", **PROBLEM},
    404: {"description": "A path with a line end in it: send such a name in a form.", **PROBLEM},
    408: {"description": "Nothing came for too long.", **PROBLEM},
    413: {"description": "Too large.", **PROBLEM},
    415: {"description": "Not multipart.", **PROBLEM},
    422: {"description": "No file, an unknown pipeline, or a key that was used for something else.", **PROBLEM},
    429: {"description": "The owner's files or bytes of today are used up; `RateLimit` says what remains.", **PROBLEM},
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
    admission: Admission
    usage: UsageBook
    tus: TusDesk


def create_app(settings: GatewaySettings, desk: Desk, *, checks: Checks) -> ASGIApp:
    """The routes, and who gets to them."""
    app = Gate(make_routes(settings, desk, checks=checks), desk.admission, is_open=is_open)
    return cross_origin(app, settings.gateway_allowed_origins)


def make_routes(settings: GatewaySettings, desk: Desk, *, checks: Checks) -> FastAPI:
    """Put the routes together."""
    admission = desk.admission
    app = FastAPI(title="Stagecast gateway", summary="The write side", docs_url=None, redoc_url=None, responses=ANSWERS)
    install_problems(app)
    app.include_router(
        upload_routes(
            desk.uploads,
            admission,
            desk.usage,
            limit=settings.gateway_max_upload_bytes,
            idle=settings.gateway_idle_seconds,
        )
    )
    app.include_router(tus_routes(desk.tus))
    app.include_router(job_routes(desk.blobs, desk.records))
    app.include_router(command_routes(desk.commands, desk.records))
    app.include_router(pass_routes(desk.records, admission.passes))
    app.include_router(
        page_routes(admission, events_url=settings.gateway_events_url, notifier_port=settings.notifier_port)
    )
    app.mount("/web", WebFiles(events_url=settings.gateway_events_url, notifier_port=settings.notifier_port))
    app.routes.extend(health_routes(checks))
    return app


def upload_routes(uploads: Uploads, admission: Admission, usage: UsageBook, *, limit: int, idle: float) -> APIRouter:
    """`POST /upload` and `PUT /upload/<name>`."""
    router = APIRouter(tags=["uploads"])

    async def accepted(request: Request, caller: Caller, jobs: list[dict[str, Any]]) -> Response:
        headers = {"Location": jobs[0]["links"]["self"]} | await usage.headers(caller.owner)
        response = JSONResponse({"jobs": jobs}, status_code=202, headers=headers)
        admission.remember(request, response, caller)
        return response

    def sender(request: Request, caller: Caller, *, progress: bool) -> Sender:
        asked = f"{request.method} {request.url.path}"
        key = read_key(request.headers.get(HEADER), request=asked, owner=caller.only_owner)
        length = content_length(request) if request.method == "PUT" else None
        return Sender(caller.owner, key, progress, length)

    def body(request: Request) -> AsyncIterator[bytes]:
        return verified(read_body(request, limit=limit, idle=idle), read_digests(request.headers))

    @router.post("/upload", status_code=202, responses=UPLOAD_ANSWERS, summary="Upload files as a form")
    async def upload_form(
        request: Request, caller: Asking, pipeline: str | None = None, progress: bool = False
    ) -> Response:
        form, sent_by = (
            Form(request.headers.get("content-type"), body(request)),
            sender(request, caller, progress=progress),
        )
        jobs = await uploads.accept_form(form, pipeline=pipeline, sender=sent_by)
        return await accepted(request, caller, [describe_job(job) for job in jobs])

    @router.put("/upload/{name:path}", status_code=202, responses=UPLOAD_ANSWERS, summary="Upload one file's bytes")
    async def upload_bytes(
        request: Request, caller: Asking, name: str, pipeline: str | None = None, progress: bool = False
    ) -> Response:
        sent_by = sender(request, caller, progress=progress)
        jobs = await uploads.accept_bytes(name, body(request), pipeline=pipeline, sender=sent_by)
        return await accepted(request, caller, [describe_job(job) for job in jobs])

    return router
