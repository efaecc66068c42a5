"""`GET /jobs` and `GET /jobs/<id>`: snapshots as JSON, from what is known and from the records in the store."""

from dataclasses import dataclass
from itertools import islice
from urllib.parse import urlencode

from starlette.datastructures import QueryParams
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from contracts.access.caller import Caller, Visibility
from contracts.blobs import JOB_ID
from contracts.snapshot import JobSnapshot
from contracts.state import JobState
from notifier.archive import READ_AT_ONCE, Archive
from notifier.errors import BadQuestionError, NobodysStreamError, UnknownJobError
from notifier.jobs import Jobs

HEADERS = {"Cache-Control": "no-store"}
MAX_LIMIT = 200
MOST_LOOKED_AT = 2_000  # jobs, for one page: a rare state is looked for no further


@dataclass(frozen=True)
class Page:
    """Which jobs are asked for."""

    states: frozenset[JobState]
    limit: int
    before: str | None

    def has(self, job: JobSnapshot) -> bool:
        return not self.states or job.state in self.states


class Listing:
    """Answers with what is known now."""

    def __init__(self, jobs: Jobs, archive: Archive) -> None:
        self._jobs = jobs
        self._archive = archive

    def routes(self) -> list[Route]:
        return [Route("/jobs", self._list), Route("/jobs/{job_id}", self._show)]

    async def _list(self, request: Request) -> Response:
        page, caller = read_page(request.query_params), request.state.caller
        if not caller.is_known and caller.visibility is Visibility.OWN:
            raise NobodysStreamError("here everybody sees only their own jobs: send the cookie that the gateway sets")
        found, last_seen = await self._collect(page, caller)
        following = None
        if last_seen is not None:
            query = [
                ("before", last_seen),
                ("limit", str(page.limit)),
                *(("state", state) for state in sorted(page.states)),
            ]
            following = f"/jobs?{urlencode(query)}"
        jobs = ",".join(job.model_dump_json(exclude_none=True) for job in found)
        tail = f'"next":"{following}"' if following else '"next":null'
        return Response(f'{{"jobs":[{jobs}],{tail}}}', headers=HEADERS, media_type="application/json")

    async def _show(self, request: Request) -> Response:
        job_id = request.path_params["job_id"]
        if not JOB_ID.fullmatch(job_id):
            raise UnknownJobError("a job's id is a lower-case UUID")
        known = self._jobs.get(job_id)
        job = known.snapshot if known else await self._archive.find(job_id)
        if job is None or not request.state.caller.may_read(job.job):
            raise UnknownJobError("no such job was accepted here, or it was removed")
        return Response(job.model_dump_json(exclude_none=True), headers=HEADERS, media_type="application/json")

    async def _collect(self, page: Page, caller: Caller) -> tuple[list[JobSnapshot], str | None]:
        """The page's jobs, and the last one that was looked at if there are more."""
        known = {job.snapshot.job.id for job in self._jobs}
        ids = sorted({*known, *await self._archive.job_ids()}, reverse=True)
        older = iter([job_id for job_id in ids if page.before is None or job_id < page.before])
        found: list[JobSnapshot] = []
        seen, last = 0, None
        while seen < MOST_LOOKED_AT and (group := list(islice(older, READ_AT_ONCE))):
            for job in await self._read(group):
                last = job.job.id
                if page.has(job) and caller.may_read(job.job):
                    found.append(job)
                if len(found) == page.limit:
                    return found, last
            last = group[-1]
            seen += len(group)
        return found, last if next(older, None) else None

    async def _read(self, job_ids: list[str]) -> list[JobSnapshot]:
        known = {job_id: job.snapshot for job_id in job_ids if (job := self._jobs.get(job_id))}
        records = await self._archive.find_all(job_id for job_id in job_ids if job_id not in known)
        known.update({record.job.id: record for record in records})
        return [known[job_id] for job_id in job_ids if job_id in known]


def read_page(query: QueryParams) -> Page:
    """Read the query.

    Raises:
        BadQuestionError: names the parameter, and what it takes.
    """
    try:
        states = frozenset(JobState(value) for value in query.getlist("state"))
    except ValueError as error:
        raise BadQuestionError(f"state=…: use one of {', '.join(JobState)}; it may be repeated") from error
    limit, before = query.get("limit", "50"), query.get("before")
    if not limit.isascii() or not limit.isdigit() or not 1 <= int(limit[:6]) <= MAX_LIMIT:
        raise BadQuestionError(f"limit={limit[:40]}: use a number from 1 to {MAX_LIMIT}")
    if before is not None and not JOB_ID.fullmatch(before):
        raise BadQuestionError(f"before={before[:40]}: use a job's id, a lower-case UUID")
    return Page(states, int(limit), before)
