"""A job as people name it: by its id, or by as much of its beginning or its end as no other job has."""

from cli.errors import CannotDoError
from cli.output import shown
from client import Stagecast
from contracts.blobs import JOB_ID
from contracts.snapshot import JobSnapshot

SHORTEST = 4
SHOWN = 12  # an id begins with its time, which jobs that were sent together share: its end tells them apart
MOST_PAGES = 20  # of 200 jobs each; older ones must be named whole


async def find_job_id(stagecast: Stagecast, name: str) -> str:
    """The id that `name` stands for.

    Raises:
        CannotDoError: it stands for none, or for several.
    """
    name = name.strip().lower()
    if JOB_ID.fullmatch(name):
        return name
    if len(name) < SHORTEST or not set(name) <= set("0123456789abcdef-"):
        raise CannotDoError(
            f"{shown(name)!r} is no job's id: `stagecast jobs` shows them; {SHORTEST} characters of one may be enough"
        )
    return chosen(name, [job for job in await _recent(stagecast) if means(name, job.job.id)])


def chosen(name: str, found: list[JobSnapshot]) -> str:
    """The only one.

    Raises:
        CannotDoError: there is none, or there are several, which it names.
    """
    if len(found) == 1:
        return found[0].job.id
    if not found:
        raise CannotDoError(f"no job's id begins or ends with {name}: `stagecast jobs` shows them")
    several = "".join(f"\n  {job.job.id}  {shown(job.job.name)}" for job in found[:5])
    raise CannotDoError(f"{len(found)} jobs' ids begin or end with {name}, add more of it:{several}")


def means(name: str, job_id: str) -> bool:
    """Whether it may stand for this one."""
    return job_id.startswith(name) or job_id.endswith(name)


def short_id(job_id: str) -> str:
    """What is enough of an id to stand for it."""
    return job_id[-SHOWN:]


async def _recent(stagecast: Stagecast) -> list[JobSnapshot]:
    page = await stagecast.listed(limit=200)
    jobs = [*page.jobs]
    for _ in range(MOST_PAGES - 1):
        if page.following is None:
            break
        page = await stagecast.listed(following=page.following)
        jobs += page.jobs
    return jobs
