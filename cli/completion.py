"""What the shell offers for the next word: jobs by their ids. Silent where nothing answers."""

import asyncio
from dataclasses import fields

import typer

from cli.output import shown
from cli.remote import Remote
from client import ClientError
from contracts.snapshot import JobSnapshot

SECONDS = 2.0  # nobody waits longer for a word
MOST = 50


def complete_job(ctx: typer.Context, incomplete: str) -> list[tuple[str, str]]:
    """The newest jobs whose ids begin so, each with its file and state."""
    try:
        jobs = asyncio.run(_newest(ctx))
    except (ClientError, TimeoutError):
        return []
    return [
        (job.job.id, f"{shown(job.job.name)}, {job.state.value}") for job in jobs if job.job.id.startswith(incomplete)
    ]


async def _newest(ctx: typer.Context) -> tuple[JobSnapshot, ...]:
    remote = Remote(**{each.name: given for each in fields(Remote) if (given := ctx.params.get(each.name))})
    async with asyncio.timeout(SECONDS), remote.connect() as stagecast:
        return (await stagecast.listed(limit=MOST)).jobs
