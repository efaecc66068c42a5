"""Routes of a job: its record, and the artifacts that its stages made."""

from typing import Any
from urllib.parse import quote, urlencode

from fastapi import APIRouter, Request
from starlette.responses import RedirectResponse, Response, StreamingResponse

from contracts.access.admission import SHARE
from contracts.access.caller import Caller
from contracts.job import Job
from contracts.media import disposition_of, is_shown, media_type_of
from contracts.record import JobRecord
from contracts.state import JobState
from gateway.access import Asking, require_readable
from gateway.blobs import Artifact, Blobs
from gateway.problems import PROBLEM
from gateway.ranges import parse_range
from gateway.records import Records

# A stage's output may hold what an uploaded file put there: shown as a document of no origin, without scripts.
SANDBOX = "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-ancestors 'none'"


ABOUT: dict[int | str, dict[str, Any]] = {404: {"description": "No such job, or artifact.", **PROBLEM}}
BYTES: dict[int | str, dict[str, Any]] = {
    200: {"description": "The artifact.", "content": {"*/*": {}}},
    206: {"description": "The range.", "content": {"*/*": {}}},
    304: {"description": "It is as you know it."},
    307: {"description": "Where the bucket has it, for a few minutes."},
    416: {"description": "The artifact has no such range.", **PROBLEM},
}


def describe_job(job: Job) -> dict[str, Any]:
    """A job as its sender sees it."""
    return {
        "id": job.id,
        "name": job.name,
        "size": job.size,
        "pipeline": job.pipeline,
        "links": {"self": f"/jobs/{job.id}", "artifacts": f"/jobs/{job.id}/artifacts"},
    }


def describe_record(record: JobRecord, caller: Caller | None = None) -> dict[str, Any]:
    """A job as it is recorded, with links to what can be fetched and done; by a share link, more of these."""
    told = record.model_dump(mode="json", exclude={"version", "outcome"})
    artifacts = [{**artifact, "href": _href(record.job.id, artifact["name"], caller)} for artifact in told["artifacts"]]
    links = describe_job(record.job)["links"]
    if caller is not None and caller.share is not None:
        links = {name: link + _query(caller) for name, link in links.items()}
        return {**told, "artifacts": artifacts, "links": links}
    if not record.state.is_terminal:
        links["cancel"] = f"{links['self']}/cancel"
    if record.state in {JobState.FAILED, JobState.CANCELLED}:
        links["retry"] = f"{links['self']}/retry"
    return {**told, "artifacts": artifacts, "links": links}


def job_routes(blobs: Blobs, records: Records) -> APIRouter:
    """`GET /jobs/<id>`, `/jobs/<id>/artifacts` and `/jobs/<id>/artifacts/<name>`."""
    router = APIRouter(prefix="/jobs/{job_id}", tags=["jobs"], responses=ABOUT)

    @router.get("", summary="The job's record: what was accepted, and how far it came; kept after each stage")
    async def show_job(job_id: str, caller: Asking) -> dict[str, Any]:
        return describe_record(await require_readable(records, job_id, caller), caller)

    @router.get("/artifacts", summary="The artifacts so far, those of a running stage included")
    async def list_artifacts(job_id: str, caller: Asking) -> dict[str, Any]:
        await require_readable(records, job_id, caller)
        found = await blobs.list_artifacts(job_id)
        return {"artifacts": [{**blob, "href": _href(job_id, blob["name"], caller)} for blob in found]}

    @router.head("/artifacts/{name}", include_in_schema=False)
    @router.get(
        "/artifacts/{name}",
        responses=BYTES,
        response_class=Response,
        summary="An artifact; one byte range if asked",
    )
    async def get_artifact(job_id: str, name: str, request: Request, caller: Asking) -> Response:
        await require_readable(records, job_id, caller)
        artifact = await blobs.open_artifact(job_id, name)
        if blobs.redirects and not is_shown(name):  # what is shown needs headers that no store sends
            link = await artifact.link("HEAD" if request.method == "HEAD" else "GET")
            return RedirectResponse(link, 307, headers={"Cache-Control": "no-store"})
        return _artifact_response(artifact, name, request)

    return router


def _href(job_id: str, name: str, caller: Caller | None) -> str:
    return f"/jobs/{job_id}/artifacts/{quote(name)}{_query(caller)}"


def _query(caller: Caller | None) -> str:
    return f"?{urlencode({SHARE: caller.share.text})}" if caller is not None and caller.share is not None else ""


def _artifact_response(artifact: Artifact, name: str, request: Request) -> Response:
    headers = {
        "Accept-Ranges": "bytes",
        "Cache-Control": "private, no-cache",
        "Content-Security-Policy": SANDBOX,
        "X-Content-Type-Options": "nosniff",
    }
    if artifact.e_tag:
        headers["ETag"] = artifact.e_tag
        if request.headers.get("if-none-match") == artifact.e_tag:
            return Response(status_code=304, headers=headers)
    is_known = request.headers.get("if-range", artifact.e_tag) == artifact.e_tag  # a part of another is of no use
    part = parse_range(request.headers.get("range"), artifact.size) if is_known else None
    start, end = part or (0, artifact.size)
    if part is not None:
        headers["Content-Range"] = f"bytes {start}-{end - 1}/{artifact.size}"
    media_type = media_type_of(name)
    headers |= {"Content-Length": str(end - start), "Content-Disposition": disposition_of(name)}
    status = 200 if part is None else 206
    if request.method == "HEAD":
        return Response(status_code=status, headers=headers, media_type=media_type)
    return StreamingResponse(artifact.chunks(start, end), status, headers, media_type)
