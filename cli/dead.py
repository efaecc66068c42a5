"""`stagecast dead …`: the jobs that were given up, and what to do with them."""

import asyncio
import json
from collections.abc import Iterable
from typing import Annotated, Any

import typer

from cli.dead_letter import DeadLetter
from cli.dead_queue import dead_queue
from cli.errors import CannotDoError
from cli.faults import faults_said
from cli.output import shown
from cli.replay import replay
from contracts.blobs import open_store
from contracts.settings import SharedSettings, read_settings
from contracts.topology import DEAD_JOBS

EVERYTHING = int(DEAD_JOBS.arguments["x-max-length"])
MAX_SHOWN_BYTES = 64 * 1024
COLUMNS = "{:36}  {:19}  {:12}  {:>7}  {:24}  {}"

dead = typer.Typer(no_args_is_help=True, help="Jobs that were given up: list, show, replay or drop them.")

Ids = Annotated[list[str] | None, typer.Argument(help="As `list` shows them.")]
AsJson = Annotated[bool, typer.Option("--json", help="JSON instead of text.")]


@dead.command("list")
def list_command(
    limit: Annotated[int, typer.Option(min=1, max=EVERYTHING, help="The oldest so many.")] = 100,
    as_json: AsJson = False,
) -> None:
    """List dead letters, the oldest first, with their reasons."""
    with faults_said():
        letters = asyncio.run(_letters(read_settings(SharedSettings), limit))
        if as_json:
            typer.echo(json.dumps([letter.as_json() for letter in letters]))
            return
        typer.echo(COLUMNS.format("ID", "DIED (UTC)", "PIPELINE", "ATTEMPT", "FILE", "REASON") if letters else "none")
        for letter in letters:
            typer.echo(_row(letter))


@dead.command("show")
def show_command(letter_id: Annotated[str, typer.Argument(metavar="ID")], as_json: AsJson = False) -> None:
    """Show a dead letter whole, with its body up to 64 KB."""
    with faults_said():
        found = asyncio.run(_bodies(read_settings(SharedSettings), letter_id))
        if not found:
            raise CannotDoError(f"no dead letter has the id {letter_id!r}")
        if as_json:
            typer.echo(json.dumps(found))
            return
        for each in found:
            for name, value in each.items():
                typer.echo(f"{name}: {shown(str(value))}")


@dead.command("replay")
def replay_command(ids: Ids = None, all_letters: Annotated[bool, typer.Option("--all")] = False) -> None:
    """Give jobs to the processors again, as their next attempt, and take them off the list."""
    with faults_said():
        asyncio.run(_settle(read_settings(SharedSettings), _chosen(ids, all_letters), again=True))


@dead.command("drop")
def drop_command(
    ids: Ids = None,
    all_letters: Annotated[bool, typer.Option("--all")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> None:
    """Take letters off the list for good; what the jobs stored stays."""
    with faults_said():
        chosen = _chosen(ids, all_letters)
        if chosen is None and not yes:
            typer.confirm("Drop all dead letters?", abort=True)
        asyncio.run(_settle(read_settings(SharedSettings), chosen, again=False))


def _chosen(ids: Iterable[str] | None, all_letters: bool) -> set[str] | None:
    """The ids, or None for all."""
    if bool(ids) == all_letters:
        raise CannotDoError("name letters by their ids, or say --all")
    return None if all_letters else set(ids or ())


async def _letters(settings: SharedSettings, limit: int) -> list[DeadLetter]:
    async with dead_queue(settings.amqp_url) as queue:
        return [held.letter async for held in queue.letters(limit)]


async def _bodies(settings: SharedSettings, letter_id: str) -> list[dict[str, Any]]:
    async with dead_queue(settings.amqp_url) as queue:
        return [
            {**held.letter.as_json(), "body": held.message.body[:MAX_SHOWN_BYTES].decode(errors="replace")}
            async for held in queue.letters(EVERYTHING)
            if held.letter.id == letter_id
        ]


async def _settle(settings: SharedSettings, chosen: set[str] | None, *, again: bool) -> None:
    """Each job once, however many letters it has."""
    store = open_store(settings.store_url)
    settled: set[str] = set()
    refused: set[str] = set()
    async with dead_queue(settings.amqp_url) as queue:
        async for held in queue.letters(EVERYTHING):
            if chosen is not None and held.letter.id not in chosen:
                continue
            try:
                if again and held.letter.id not in settled:
                    await replay(held, store, queue)
                else:
                    await held.take_out()
            except CannotDoError as error:
                typer.echo(f"{held.letter.id}: {error}", err=True)
                refused.add(held.letter.id)
            else:
                settled.add(held.letter.id)
    for missing in sorted((chosen or set()) - settled - refused):
        typer.echo(f"{missing}: no dead letter has this id", err=True)
    typer.echo(f"{'replayed' if again else 'dropped'}: {len(settled)}")
    if refused or (chosen or set()) - settled:
        raise typer.Exit(1)


def _row(letter: DeadLetter) -> str:
    job = letter.request.job if letter.request else None
    return COLUMNS.format(
        letter.id,
        f"{letter.died_at:%Y-%m-%d %H:%M:%S}" if letter.died_at else "-",
        shown(letter.pipeline or "-")[:12],
        letter.request.attempt if letter.request else "-",
        shown(job.name if job else f"(no job, {letter.size} bytes)")[:24],
        shown(letter.reason),
    )
