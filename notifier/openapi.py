"""What can be asked of the notifier, as an OpenAPI document; `python -m notifier.openapi` writes it."""

import json
import sys
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from contracts.access.admission import SHARE, TICKET
from contracts.job import JOB_ID_PATTERN
from contracts.snapshot import JobSnapshot
from contracts.state import JobState
from notifier.listing import MAX_LIMIT
from notifier.question import MAX_JOBS

ID = {"type": "string", "pattern": JOB_ID_PATTERN}
FLAG = {"type": "string", "enum": ["0", "1", "true", "false"]}
REFUSALS = {
    "400": "A parameter has a value that is none.",
    "401": "A token is asked for here, and there is none, or it is not good.",
    "403": "A link or ticket that is not good for this, or nobody's jobs.",
    "404": "No such job.",
    "421": "Sent to a name that is not ours: see `STAGECAST_ALLOWED_HOSTS`.",
    "429": "Too many requests, or streams; `Retry-After` says when.",
    "503": "The broker is away, or all streams are taken; `Retry-After` says when.",
}


def _query(name: str, schema: dict[str, Any], *, is_list: bool = False) -> dict[str, Any]:
    return {"name": name, "in": "query", "schema": {"type": "array", "items": schema} if is_list else schema}


def _content(kind: str, schema: dict[str, Any]) -> dict[str, Any]:
    return {"content": {kind: {"schema": schema}}}


def _get(
    summary: str, parameters: list[dict[str, Any]], answers: dict[str, dict[str, Any]], refusals: str
) -> dict[str, Any]:
    problem = _content("application/problem+json", {"type": "object"})
    refused = {status: {"description": REFUSALS[status], **problem} for status in refusals.split()}
    return {"get": {"summary": summary, "parameters": parameters, "responses": {**answers, **refused}}}


def document() -> dict[str, Any]:
    """OpenAPI 3.1."""
    share = _query(SHARE, {"type": "string"})
    job = JobSnapshot.model_json_schema(ref_template="#/components/schemas/{model}")
    parts = job.pop("$defs", {})
    one = {"$ref": "#/components/schemas/JobSnapshot"}
    several = {
        "type": "object",
        "required": ["jobs", "next"],
        "properties": {"jobs": {"type": "array", "items": one}, "next": {"type": ["string", "null"]}},
    }
    asked = [
        _query("job", ID, is_list=True) | {"description": f"At most {MAX_JOBS}."},
        _query("mine", FLAG),
        _query("progress", FLAG),
        _query("since", {"type": "string"}),
        _query("format", {"type": "string", "enum": ["json", "text"]}),
        _query("last_event_id", {"type": "string"}),
        _query(TICKET, {"type": "string"}),
        share,
        {"name": "Last-Event-ID", "in": "header", "schema": {"type": "string"}},
    ]
    wanted = [
        _query("state", {"type": "string", "enum": [*JobState]}, is_list=True),
        _query("limit", {"type": "integer", "minimum": 1, "maximum": MAX_LIMIT}),
        _query("before", ID),
        share,
    ]
    stream = {"description": "The stream.", **_content("text/event-stream", {"type": "string"})}
    over = {"description": "What was asked for is over, and you have all of it."}
    listed = {"description": "Jobs, the newest first.", **_content("application/json", several)}
    shown = {"description": "The job.", **_content("application/json", one)}
    named = {"name": "job_id", "in": "path", "required": True, "schema": ID}
    return {
        "openapi": "3.1.0",
        "info": {"title": "Stagecast notifier", "summary": "The read side", "version": "0.1.0"},
        "paths": {
            "/events": _get("The stream of events", asked, {"200": stream, "204": over}, "400 401 403 404 421 429 503"),
            "/jobs": _get("Snapshots of jobs", wanted, {"200": listed}, "400 401 403 421 429 503"),
            "/jobs/{job_id}": _get("The snapshot of a job", [named, share], {"200": shown}, "401 403 404 421 429 503"),
        },
        "components": {"schemas": {**parts, "JobSnapshot": job}},
    }


def openapi_route() -> Route:
    """`GET /openapi.json`."""
    told = document()

    async def openapi(_: Request) -> Response:
        return JSONResponse(told)

    return Route("/openapi.json", openapi)


if __name__ == "__main__":
    sys.stdout.write(json.dumps(document(), indent=2, ensure_ascii=False) + "\n")
