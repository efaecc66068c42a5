"""`stagecast cancel` and `stagecast retry`."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from functools import partial
from typing import Annotated

import typer

from cli.completion import complete_job
from cli.exit_codes import ExitCode
from cli.job_name import find_job_id
from cli.output import shown
from cli.remote import with_stagecast
from client import RefusedError, Stagecast
from contracts.snapshot import JobSnapshot

LOOKS, LOOK_SECONDS = 30, 0.5  # a processor takes two seconds at the most, and the gateway waits ten for one

Jobs = Annotated[
    list[str], typer.Argument(metavar="JOB", autocompletion=complete_job, help="Ids, or their beginnings or ends.")
]


@with_stagecast
async def cancel(stagecast: Stagecast, names: Jobs) -> None:
    """End jobs, wherever they are; a running stage is killed with all it started. Waits until they have ended."""
    job_ids = [await find_job_id(stagecast, name) for name in names]
    for job_id in job_ids:  # first all of them are to end, then each is waited for
        with suppress(RefusedError):
            await stagecast.cancel(job_id)
    await _each(job_ids, partial(_end, stagecast), "is being cancelled")


@with_stagecast
async def retry(stagecast: Stagecast, names: Jobs) -> None:
    """Try failed or cancelled jobs again, from the stage that did not end well."""
    job_ids = [await find_job_id(stagecast, name) for name in names]
    await _each(job_ids, stagecast.retry, "is queued again: `stagecast watch` shows it")


async def _end(stagecast: Stagecast, job_id: str) -> JobSnapshot:
    """Asked again later, the gateway ends a job that no processor ends."""
    job = await stagecast.cancel(job_id)
    for _ in range(LOOKS):
        if job.state.is_terminal:
            break
        await asyncio.sleep(LOOK_SECONDS)
        job = await stagecast.cancel(job_id)
    return job


async def _each(job_ids: list[str], order: Callable[[str], Awaitable[JobSnapshot]], words: str) -> None:
    """One that is refused does not keep the others from it."""
    refused = False
    for job_id in job_ids:
        try:
            job = await order(job_id)
        except RefusedError as error:
            typer.echo(f"{job_id}: {shown(str(error))}", err=True)
            refused = True
        else:
            typer.echo(f"{job_id}  {shown(job.job.name)} {job.state.value if job.state.is_terminal else words}")
    if refused:
        raise typer.Exit(ExitCode.NOT_DONE)
