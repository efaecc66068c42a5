"""`stagecast watch`: jobs as they change."""

import sys
from typing import Annotated

import typer

from cli.completion import complete_job
from cli.exit_codes import outcome
from cli.following import follow_shown
from cli.job_name import find_job_id
from cli.remote import with_stagecast
from cli.show import showing
from client import Stagecast

Jobs = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="JOB", autocompletion=complete_job, help="Ids, or their beginnings or ends. Without any: all jobs."
    ),
]


@with_stagecast
async def watch(
    stagecast: Stagecast,
    names: Jobs = None,
    mine: Annotated[bool, typer.Option("--mine", help="Only what was sent from this account.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Each change as a line of JSON.")] = False,
) -> None:
    """Watch jobs live: on a terminal as a picture, elsewhere in lines.

    Ends with the last of the jobs named, and its exit code says how they
    ended: 0 completed, 3 failed, 4 cancelled, 5 lost sight of.
    """
    jobs = [await find_job_id(stagecast, name) for name in names or ()]
    with showing(as_json=as_json, out=sys.stdout) as show:
        ended = await follow_shown(stagecast, show, jobs=jobs, mine=mine)
    raise typer.Exit(outcome(ended))
