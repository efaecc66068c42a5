"""Routes of the commands on a job."""

from typing import Any

from fastapi import APIRouter

from gateway.access import Asking, require_readable
from gateway.commands import Commands
from gateway.jobs import describe_record
from gateway.problems import PROBLEM
from gateway.records import Records

ANSWERS: dict[int | str, dict[str, Any]] = {
    202: {"description": "It will be so; the stream tells when. The body is the job as it is now."},
    404: {"description": "No such job.", **PROBLEM},
    409: {"description": "The job is in no state for it.", **PROBLEM},
    503: {"description": "The broker or the store are away; `Retry-After` says when.", **PROBLEM},
}


def command_routes(commands: Commands, records: Records) -> APIRouter:
    """`POST /jobs/<id>/cancel` and `POST /jobs/<id>/retry`."""
    router = APIRouter(prefix="/jobs/{job_id}", tags=["commands"])

    @router.post("/cancel", status_code=202, responses=ANSWERS, summary="End a job, wherever it is")
    async def cancel_job(job_id: str, caller: Asking) -> dict[str, Any]:
        await require_readable(records, job_id, caller)
        return describe_record(await commands.cancel(job_id))

    @router.post("/retry", status_code=202, responses=ANSWERS, summary="Try a failed or cancelled job again")
    async def retry_job(job_id: str, caller: Asking) -> dict[str, Any]:
        await require_readable(records, job_id, caller)
        return describe_record(await commands.retry(job_id))

    return router
