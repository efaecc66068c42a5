"""What the shell offers for the next word: jobs by their ids. Silent where nothing answers."""

import asyncio

import typer

from cli.output import shown
from cli.remote import DEFAULT_URL
from client import ClientError, connect
from client.stagecast import NOTIFIER_PORT
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
    given = ctx.params
    connecting = connect(
        given.get("url") or DEFAULT_URL,
        events_url=given.get("events_url") or "",
        notifier_port=given.get("notifier_port") or NOTIFIER_PORT,
        token=given.get("token") or "",
    )
    async with asyncio.timeout(SECONDS), connecting as stagecast:
        return (await stagecast.listed(limit=MOST)).jobs
