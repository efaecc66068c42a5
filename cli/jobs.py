"""`stagecast jobs`: a list of them."""

import sys
from contextlib import aclosing
from datetime import UTC, datetime
from typing import Annotated

import typer
from rich.console import Console

from cli.errors import CannotDoError
from cli.jobs_table import jobs_table
from cli.remote import with_stagecast
from client import Seen, Stagecast
from contracts.events import encode
from contracts.snapshot import JobSnapshot
from contracts.state import JobState

PAGE = 200
MOST_PAGES = 50
UNCUT = 1_000  # columns, where no terminal ends a line

States = Annotated[
    list[JobState] | None,
    typer.Option(
        "--state",
        "-s",
        metavar="STATE",
        help=f"Only in this state: {', '.join(JobState)}. May be repeated.",
    ),
]


@with_stagecast
async def jobs(
    stagecast: Stagecast,
    states: States = None,
    name: Annotated[
        str, typer.Option(metavar="WORDS", help="Only files whose names hold this.", show_default=False)
    ] = "",
    mine: Annotated[bool, typer.Option("--mine", help="Only what was sent from this account.")] = False,
    limit: Annotated[
        int, typer.Option("--limit", "-n", metavar="NUMBER", min=1, max=PAGE * MOST_PAGES, help="The newest so many.")
    ] = 20,
    as_json: Annotated[bool, typer.Option("--json", help="One line of JSON a job.")] = False,
) -> None:
    """List jobs, the newest first."""
    chosen = [JobState(state) for state in states or ()]
    source = await _mine(stagecast) if mine else await _all(stagecast, chosen, name=name, enough=limit)
    found = [job for job in source if fits(job, chosen, name)][:limit]
    if as_json:
        sys.stdout.writelines(f"{encode(job).decode()}\n" for job in found)
    elif found:
        console = Console(highlight=False, width=None if sys.stdout.isatty() else UNCUT)
        width = console.width if console.is_terminal else None
        console.print(jobs_table(found, now=datetime.now(UTC), width=width))
    else:
        typer.echo("no such jobs: send one with `stagecast send FILE`", err=True)


def fits(job: JobSnapshot, states: list[JobState], name: str) -> bool:
    """Whether it is one of those asked for."""
    return (not states or job.state in states) and name.casefold() in job.job.name.casefold()


async def _all(stagecast: Stagecast, states: list[JobState], *, name: str, enough: int) -> list[JobSnapshot]:
    """As many pages as it takes."""
    page = await stagecast.listed(states=states, limit=PAGE if name else min(PAGE, enough))
    found = [*page.jobs]
    for _ in range(MOST_PAGES):
        if page.following is None or sum(fits(job, states, name) for job in found) >= enough:
            break
        page = await stagecast.listed(following=page.following)
        found += page.jobs
    return found


async def _mine(stagecast: Stagecast) -> list[JobSnapshot]:
    """What a stream of ours begins with: all that are active, and those that ended last."""
    if not stagecast.http.cookies.jar and "authorization" not in stagecast.http.headers:
        raise CannotDoError("nothing was sent from this account yet: `stagecast send FILE` begins it")
    async with aclosing(stagecast.follow(mine=True)) as changes:
        async for change in changes:
            if isinstance(change, Seen):
                return list(change.jobs)
    return []
