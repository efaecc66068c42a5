"""`stagecast get`: what the stages of a job made."""

import sys
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TransferSpeedColumn
from rich.table import Table

from cli.amounts import size_said
from cli.completion import complete_job
from cli.errors import CannotDoError
from cli.job_name import find_job_id
from cli.output import shown
from cli.remote import with_stagecast
from client import Stagecast, UnreachableError
from client.download import Wanted, partial
from contracts.events import Artifact
from contracts.snapshot import JobSnapshot

TRIES = 5
STDOUT = "-"


@with_stagecast
async def get(
    stagecast: Stagecast,
    name: Annotated[
        str, typer.Argument(metavar="JOB", autocompletion=complete_job, help="Its id, or its beginning or end.")
    ],
    artifact: Annotated[
        str | None, typer.Argument(metavar="ARTIFACT", help="What to download. Without it they are listed.")
    ] = None,
    output: Annotated[
        str,
        typer.Option(
            "--output",
            "-o",
            metavar="FILE",
            help="A file, a folder, or - for standard output.",
            show_default="its name",
        ),
    ] = "",
    as_json: Annotated[bool, typer.Option("--json", help="List as lines of JSON.")] = False,
) -> None:
    """List what a job made, or download one artifact of it.

    A download stands under its name only when it is whole and its SHA-256 is
    right; what a broken one left is gone on with.
    """
    job = await stagecast.job(await find_job_id(stagecast, name))
    if artifact is None:
        _list(job, as_json=as_json)
        return
    wanted = stagecast.wanted(job.job.id, named(job, artifact))
    if output == STDOUT:
        await _to_stdout(stagecast, wanted)
        return
    target = place(output, artifact)
    await _to_file(stagecast, wanted, target)
    typer.echo(f"{target}: {size_said(wanted.size)}", err=True)


def named(job: JobSnapshot, name: str) -> Artifact:
    """The artifact of this name.

    Raises:
        CannotDoError: there is none; it names those that there are.
    """
    for artifact in job.artifacts:
        if artifact.name == name:
            return artifact
    names = ", ".join(artifact.name for artifact in job.artifacts)
    raise CannotDoError(
        f"{shown(job.job.name)} has no artifact {shown(name)!r}: "
        + (f"it has {names}" if names else f"it has none so far, and is {job.state.value}")
    )


def place(output: str, artifact: str) -> Path:
    """Where it is to stand: a folder takes it under its own name."""
    path = Path(output or artifact)
    return path / artifact if output and (path.is_dir() or output.endswith("/")) else path


def _list(job: JobSnapshot, *, as_json: bool) -> None:
    if as_json:
        sys.stdout.writelines(f"{artifact.model_dump_json(exclude_none=True)}\n" for artifact in job.artifacts)
        return
    if not job.artifacts:
        typer.echo(f"{shown(job.job.name)} is {job.state.value}, and has made nothing so far", err=True)
        return
    table = Table(box=None, pad_edge=False, header_style="dim")
    table.add_column("ARTIFACT", overflow="fold")
    table.add_column("SIZE", justify="right", no_wrap=True)
    table.add_column("TYPE", no_wrap=True)
    for artifact in job.artifacts:
        table.add_row(artifact.name, size_said(artifact.size), artifact.media_type)
    Console(highlight=False).print(table)


async def _to_stdout(stagecast: Stagecast, wanted: Wanted) -> None:
    async for block in stagecast.blocks(wanted):
        sys.stdout.buffer.write(block)
    sys.stdout.buffer.flush()


async def _to_file(stagecast: Stagecast, wanted: Wanted, target: Path) -> None:
    """Download, and go on after a cut.

    Raises:
        CannotDoError: the connection was lost again and again.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    console = Console(stderr=True)
    columns = TextColumn("{task.description}", markup=False), BarColumn(), DownloadColumn(), TransferSpeedColumn()
    with Progress(*columns, console=console, disable=not console.is_terminal, transient=True) as progress:
        task = progress.add_task(target.name, total=wanted.size)
        for number in range(1, TRIES + 1):
            try:
                await stagecast.download(wanted, target, progress=lambda done: progress.update(task, completed=done))
            except UnreachableError as error:
                if number == TRIES:
                    raise CannotDoError(f"{error}; {partial(target)} is kept: the same command goes on") from error
            else:
                return
