"""The terminal's way in: `stagecast --help`, or `python -m cli --help` where it is not installed."""

import asyncio
from pathlib import Path
from typing import Annotated

import typer

from cli.amqp_url import AmqpUrl, parse_amqp_urls
from cli.broker_probe import Answers, ask_nodes
from cli.dead import dead
from cli.faults import faults_said
from cli.output import to_terminal
from cli.prune import prune_command
from cli.settings import StackSettings
from cli.terminal import in_foreground
from cli.up import run_broker, up
from contracts.settings import SharedSettings, read_settings

app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)
app.add_typer(dead, name="dead")
app.command("prune")(prune_command)


@app.callback()
def stagecast() -> None:
    """Upload a file, and see every stage of the work on it live."""


@app.command("up")
def up_command() -> None:
    """Run everything on this machine: a private broker unless one answers, and the three services."""
    with faults_said(), in_foreground():
        asyncio.run(up(read_settings(StackSettings), to_terminal()))


@app.command("broker")
def broker_command(
    folder: Annotated[Path, typer.Option(help="Where the node keeps everything.")],
    port: Annotated[int, typer.Option(min=1, max=65535, help="Where it listens, on 127.0.0.1.")],
    vhost: Annotated[str, typer.Option(help="A vhost for the user guest.")] = "/",
) -> None:
    """Run only a private broker."""
    with faults_said():
        asyncio.run(run_broker(folder.absolute(), AmqpUrl(port=port, vhost=vhost), to_terminal()))


@app.command("answers")
def answers_command() -> None:
    """Exit with 0 if a broker answers at STAGECAST_AMQP_URL, else with 1."""
    with faults_said():
        urls = parse_amqp_urls(read_settings(SharedSettings).amqp_url.get_secret_value())
        _, answer = asyncio.run(ask_nodes(urls))
        raise typer.Exit(0 if answer == Answers() else 1)


if __name__ == "__main__":
    app(prog_name="python -m cli")
