"""What the shell offers for the next word: jobs by their ids. Silent where nothing answers."""

import asyncio
from dataclasses import fields

import typer

from cli.job_name import short_id
from cli.output import shown
from cli.remote import Remote
from client import ClientError
from contracts.snapshot import JobSnapshot

SECONDS = 2.0  # nobody waits longer for a word
MOST = 50


def complete_job(ctx: typer.Context, incomplete: str) -> list[tuple[str, str]]:
    """The newest jobs that may be meant, each with its file and state."""
    try:
        jobs = asyncio.run(_newest(ctx))
    except (ClientError, TimeoutError):
        return []
    return [
        (word, f"{shown(job.job.name)}, {job.state.value}") for job in jobs if (word := offered(job.job.id, incomplete))
    ]


def offered(job_id: str, incomplete: str) -> str | None:
    """What that begins with stands for it: the end that tables show, or else the whole id."""
    return next((word for word in (short_id(job_id), job_id) if word.startswith(incomplete)), None)


async def _newest(ctx: typer.Context) -> tuple[JobSnapshot, ...]:
    remote = Remote(**{each.name: given for each in fields(Remote) if (given := ctx.params.get(each.name))})
    async with asyncio.timeout(SECONDS), remote.connect() as stagecast:
        return (await stagecast.listed(limit=MOST)).jobs
