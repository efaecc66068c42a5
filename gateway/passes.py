"""`POST /tickets` and `POST /jobs/<id>/share`: something to show again at another door."""

from datetime import UTC, datetime
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, Query

from contracts.access.admission import SHARE
from contracts.access.passes import TICKET_SECONDS, Passes
from gateway.access import Asking, require_readable
from gateway.errors import ConflictError
from gateway.problems import PROBLEM
from gateway.records import Records

DAY = 24 * 3_600
ANSWERS: dict[int | str, dict[str, Any]] = {
    201: {"description": "Made; whoever has it may use it."},
    404: {"description": "No such job.", **PROBLEM},
    409: {"description": "This server has no `STAGECAST_SECRET` to sign with.", **PROBLEM},
}


def pass_routes(records: Records, passes: Passes | None) -> APIRouter:
    """Neither is kept anywhere: what makes them good is our signature."""
    router = APIRouter(tags=["access"])

    def signing() -> Passes:
        if passes is None:
            raise ConflictError("set STAGECAST_SECRET, the same in all services: without it nobody else knows ours")
        return passes

    @router.post("/tickets", status_code=201, responses=ANSWERS, summary="A ticket for one stream, good for a minute")
    async def make_ticket(caller: Asking) -> dict[str, Any]:
        return {"ticket": signing().ticket(caller.owner or "", caller.expires_at), "expires_in": TICKET_SECONDS}

    @router.post(
        "/jobs/{job_id}/share", status_code=201, responses=ANSWERS, summary="A link to follow one job, and no more"
    )
    async def share_job(
        job_id: str, caller: Asking, seconds: Annotated[int, Query(ge=60, le=30 * DAY)] = DAY
    ) -> dict[str, Any]:
        await require_readable(records, job_id, caller)
        share = signing().share(job_id, seconds)
        query = urlencode({SHARE: share.text})
        links = {"page": f"/?{query}", "self": f"/jobs/{job_id}?{query}", "events": f"/events?{query}"}
        expires_at = datetime.fromtimestamp(share.expires_at, UTC).isoformat()
        return {"share": share.text, "expires_at": expires_at, "links": links}

    return router
