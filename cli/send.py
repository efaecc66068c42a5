"""`stagecast send`: files become jobs, and are followed if that is wanted."""

import asyncio
import sys
from pathlib import Path
from typing import Annotated

import typer

from cli.exit_codes import ExitCode, outcome
from cli.following import follow_shown
from cli.remote import with_stagecast
from cli.sending import Sending
from cli.show import showing
from client import Stagecast, Upload

Files = Annotated[
    list[Path], typer.Argument(metavar="FILE", exists=True, dir_okay=False, readable=True, help="What to send.")
]


@with_stagecast
async def send(
    stagecast: Stagecast,
    files: Files,
    pipeline: Annotated[
        str | None,
        typer.Option("--pipeline", "-p", metavar="NAME", help="Which stages to run.", show_default="inspect"),
    ] = None,
    follow: Annotated[bool, typer.Option("--follow", "-f", help="Stay, and show every stage live.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Jobs as lines of JSON instead of their ids.")] = False,
) -> None:
    """Send files; each becomes a job, whose id is printed.

    A file of more than 8 MiB goes on where its connection was lost, and
    where an earlier call was broken off: send it again, as it is.

    Ids go to standard output, and all else to standard error. With --follow
    the exit code says how the jobs ended: 0 completed, 3 failed, 4 cancelled,
    5 lost sight of; 1 if a file could not be sent.
    """
    sending = Sending(stagecast, [Upload(path, pipeline) for path in files])
    try:
        await sending.run()
    finally:  # also after Ctrl-C: what was accepted goes on
        for job in sending.jobs:
            typer.echo(job.model_dump_json(exclude_none=True) if as_json else job.id)
    code = ExitCode.DONE if sending.is_complete else ExitCode.NOT_DONE
    if follow and sending.jobs:
        ended = await _follow(stagecast, [job.id for job in sending.jobs], as_json=as_json)
        code = code or ended
    raise typer.Exit(code)


async def _follow(stagecast: Stagecast, jobs: list[str], *, as_json: bool) -> ExitCode:
    try:
        with showing(as_json=as_json, out=sys.stdout if as_json else sys.stderr) as show:
            return outcome(await follow_shown(stagecast, show, jobs=jobs))
    except asyncio.CancelledError:
        typer.echo(f"the work goes on; to see it again: stagecast watch {' '.join(jobs[:3])}", err=True)
        raise
