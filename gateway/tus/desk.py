"""What is done with requests of tus."""

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from uuid import UUID

from fastapi import Request
from starlette.responses import Response
from uuid_utils import uuid4

from contracts.access.admission import Admission
from contracts.access.caller import Caller
from gateway.access import Asking
from gateway.body import content_length, read_body
from gateway.digests import read_digests
from gateway.errors import BadRequestError, NotReadyError, SenderGoneError, TooSlowError
from gateway.idempotency import HEADER, read_key
from gateway.leaving import Leaving
from gateway.tus.files import Files, Standing
from gateway.tus.inflow import Cut, Inflow
from gateway.tus.protocol import (
    CHECKSUMS,
    CONTENT_TYPE,
    EXTENSIONS,
    VERSION,
    Creation,
    read_checksum,
    read_creation,
    read_length,
    read_offset,
    room_for,
)


@dataclass(frozen=True)
class TusDesk:
    """Each method is a request and its answer; what it raises is an answer too."""

    files: Files
    admission: Admission
    leaving: Leaving
    max_size: int
    expiry: timedelta
    idle: float  # seconds

    async def tell_abilities(self) -> Response:
        """What this server can do."""
        headers = {
            "Tus-Version": VERSION,
            "Tus-Extension": ",".join(EXTENSIONS),
            "Tus-Max-Size": str(self.max_size),
            "Tus-Checksum-Algorithm": ",".join(CHECKSUMS),
        }
        return Response(status_code=204, headers=headers)

    async def create(self, request: Request, caller: Asking) -> Response:
        creation = read_creation(request.headers, max_size=self.max_size)
        upload_id = _id_of(request, creation, caller)
        standing = await self.files.create(upload_id, creation, caller)
        if request.headers.get("content-type") == CONTENT_TYPE and standing.progress.offset == 0:
            room = room_for(standing.progress, offset=0, content_length=content_length(request), max_size=self.max_size)
            standing = await self._receive(request, standing, room=room)
        response = Response(status_code=201, headers={"Location": f"/files/{upload_id}"} | self._headers(standing))
        self.admission.remember(request, response, caller)
        return response

    async def tell_progress(self, upload_id: str, caller: Asking) -> Response:
        standing = await self.files.find(upload_id, caller)
        return Response(status_code=200, headers=self._headers(standing) | _description(standing))

    async def add(self, upload_id: str, request: Request, caller: Asking) -> Response:
        offset = read_offset(request.headers)
        standing = await self.files.find(upload_id, caller)
        length = read_length(request.headers, max_size=self.max_size)
        if length not in {None, standing.progress.length}:
            standing = await self.files.declare_length(standing, length or 0)
        room = room_for(
            standing.progress, offset=offset, content_length=content_length(request), max_size=self.max_size
        )
        if not standing.is_finished:  # what is, may be told again that it is
            standing = await self._receive(request, standing, room=room)
        return Response(status_code=204, headers=self._headers(standing))

    async def remove(self, upload_id: str, caller: Asking) -> Response:
        await self.files.remove(await self.files.find(upload_id, caller))
        return Response(status_code=204)

    async def override(self, upload_id: str, request: Request, caller: Asking) -> Response:
        """For clients that know no `PATCH`."""
        match request.headers.get("x-http-method-override", "").upper():
            case "PATCH":
                return await self.add(upload_id, request, caller)
            case "DELETE":
                return await self.remove(upload_id, caller)
            case "HEAD":
                return await self.tell_progress(upload_id, caller)
        raise BadRequestError("say in X-HTTP-Method-Override what this POST shall be")

    async def _receive(self, request: Request, standing: Standing, *, room: int) -> Standing:
        """Take a body in, as far as it comes."""
        inflow = Inflow(read_body(request, limit=room, idle=self.idle), self.leaving)
        digests = (*read_checksum(request.headers), *read_digests(request.headers))
        standing = await self.files.add(standing, inflow, size=content_length(request), digests=digests)
        standing = await self.files.complete(standing)
        if inflow.cut is not None and not standing.is_finished:
            raise _cut_short(inflow.cut, standing)
        return standing

    def _headers(self, standing: Standing) -> dict[str, str]:
        headers = {"Upload-Offset": str(standing.progress.offset)}
        if standing.job_id is not None:
            return headers | {"Stagecast-Job": f"/jobs/{standing.job_id}"}
        return headers | {"Upload-Expires": format_datetime(datetime.now(UTC) + self.expiry, usegmt=True)}


def _description(standing: Standing) -> dict[str, str]:
    """What an upload is to be."""
    upload, length = standing.upload, standing.progress.length
    headers = {"Upload-Defer-Length": "1"} if length is None else {"Upload-Length": str(length)}
    if upload.metadata:
        headers["Upload-Metadata"] = upload.metadata
    if upload.is_partial:
        headers["Upload-Concat"] = "partial"
    if upload.partials:
        headers["Upload-Concat"] = "final;" + " ".join(f"/files/{partial}" for partial in upload.partials)
    return headers


def _id_of(request: Request, creation: Creation, caller: Caller) -> str:
    """A new upload's id, random; from a key always the same."""
    said = request.headers.get(HEADER) or creation.fields.get(HEADER.lower()) or creation.fields.get(HEADER)
    key = read_key(said, request="POST /files", owner=caller.only_owner)
    return str(uuid4()) if key is None else str(UUID(hashlib.sha256(f"/files {key.digest}".encode()).hexdigest()[:32]))


def _cut_short(cut: Cut, standing: Standing) -> Exception:
    """What came is kept, and the answer, if anybody reads it, says how much that is."""
    if cut is Cut.GONE:
        return SenderGoneError()
    kind = NotReadyError if cut is Cut.LEAVING else TooSlowError
    error = kind(f"{cut.value}; {standing.progress.offset} bytes are kept, go on there")
    error.headers = {"Upload-Offset": str(standing.progress.offset)}
    return error
