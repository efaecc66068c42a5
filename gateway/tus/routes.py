"""The HTTP side of tus, under `/files`."""

from collections.abc import Callable, Coroutine
from typing import Any

from fastapi import APIRouter, Request
from fastapi.routing import APIRoute
from starlette.responses import Response

from gateway.errors import RefusedError
from gateway.idempotency import HEADER as IDEMPOTENCY_KEY
from gateway.problems import PROBLEM, refusal
from gateway.tus.desk import TusDesk
from gateway.tus.protocol import VERSION, check_version

Handle = Callable[[Request], Coroutine[Any, Any, Response]]

ANSWERS: dict[int | str, dict[str, Any]] = {
    400: {"description": "A header that cannot be read.", **PROBLEM},
    403: {"description": "An upload that is made of others cannot be added to.", **PROBLEM},
    404: {"description": "No such upload, or no longer.", **PROBLEM},
    408: {"description": "Nothing came for a while; what came is kept.", **PROBLEM},
    409: {"description": "The upload goes on elsewhere: `Upload-Offset` says where.", **PROBLEM},
    412: {"description": "`Tus-Resumable` is missing, or of another version.", **PROBLEM},
    413: {"description": "Too large.", **PROBLEM},
    415: {"description": "The bytes have another type than `application/offset+octet-stream`.", **PROBLEM},
    422: {"description": "An unknown pipeline, or a key that was used for something else.", **PROBLEM},
    423: {"description": "Somebody else adds to it.", **PROBLEM},
    460: {"description": "Not what `Upload-Checksum` says; nothing of it was kept.", **PROBLEM},
    503: {"description": "The broker or the store is away; what is acknowledged is kept.", **PROBLEM},
    507: {"description": "No room left.", **PROBLEM},
}


NUMBER = {"type": "string", "pattern": "^[0-9]{1,18}$"}
HEADERS: dict[str, dict[str, Any]] = {
    "Tus-Resumable": {"const": VERSION},
    "Upload-Length": NUMBER,
    "Upload-Defer-Length": {"const": "1"},
    "Upload-Offset": NUMBER,
    "Upload-Metadata": {"type": "string", "description": "Pairs of a key and base64 of its value."},
    "Upload-Checksum": {"type": "string", "description": "An algorithm and base64 of the body's hash."},
    "Upload-Concat": {"type": "string", "description": "`partial`, or `final;` and the uploads' URLs."},
    IDEMPOTENCY_KEY: {"type": "string"},
}


class TusRoute(APIRoute):
    """Asks for the protocol's version first, and answers with it, errors too."""

    def get_route_handler(self) -> Handle:
        handle = super().get_route_handler()

        async def speak_tus(request: Request) -> Response:
            try:
                if request.method != "OPTIONS":
                    check_version(request.headers)
                response = await handle(request)
            except RefusedError as error:
                response = refusal(error)
            response.headers["Tus-Resumable"] = VERSION
            response.headers["Cache-Control"] = "no-store"
            return response

        return speak_tus


def tus_routes(desk: TusDesk) -> APIRouter:
    """Creation, progress, bytes and the end of resumable uploads."""
    router = APIRouter(
        prefix="/files",
        tags=["resumable uploads"],
        route_class=TusRoute,
        responses=ANSWERS,
        default_response_class=Response,
    )
    one, all_ = "/{upload_id}", ""
    creates = _takes("Upload-Length", "Upload-Defer-Length", "Upload-Metadata", "Upload-Concat", IDEMPOTENCY_KEY)
    adds = _takes("Upload-Offset", "Upload-Length", "Upload-Checksum")
    router.options(all_, status_code=204, summary="What this server can do")(desk.tell_abilities)
    router.options(one, include_in_schema=False)(desk.tell_abilities)
    router.post(
        all_, status_code=201, openapi_extra=creates, summary="Begin an upload; its first bytes may come with it"
    )(desk.create)
    router.head(one, openapi_extra=_takes(), summary="How far an upload is")(desk.tell_progress)
    router.patch(one, status_code=204, openapi_extra=adds, summary="Add bytes at the end")(desk.add)
    router.delete(one, status_code=204, openapi_extra=_takes(), summary="Give an upload up")(desk.remove)
    router.post(one, include_in_schema=False)(desk.override)
    return router


def _takes(*names: str) -> dict[str, Any]:
    """What the OpenAPI document says of a request's headers."""
    found = [{"name": name, "in": "header", "schema": HEADERS[name]} for name in names]
    return {
        "parameters": [
            {"name": "Tus-Resumable", "in": "header", "required": True, "schema": HEADERS["Tus-Resumable"]},
            *found,
        ]
    }
