"""Every command, and the help of all: `stagecast --help`."""

import asyncio
from pathlib import Path
from typing import Annotated

import typer
from typer.main import get_command

from cli.amqp_url import AmqpUrl, parse_amqp_urls
from cli.broker_probe import Answers, ask_nodes
from cli.dead import dead
from cli.doctor.command import doctor
from cli.faults import faults_said
from cli.get import get
from cli.help_page import NAMES, made_plain
from cli.jobs import jobs
from cli.orders import cancel, retry
from cli.output import to_terminal
from cli.prune import prune_command
from cli.send import send
from cli.settings import StackSettings
from cli.terminal import in_foreground
from cli.up import run_broker, up
from cli.watch import watch
from contracts.settings import SharedSettings, read_settings

RUN, WORK, OPERATE = "Run it", "Send and follow", "Operate it"

app = typer.Typer(
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
    context_settings={"help_option_names": NAMES},
)


def examples(*lines: str) -> str:
    """Command lines for the end of a help page."""
    return "\n".join(("Examples:", *(f"  {line}" for line in lines)))


@app.callback(
    epilog=examples(
        "stagecast up                                # run everything on this machine",
        "stagecast send --follow scan.tif            # send a file, see every stage",
        "stagecast get 5df95f33d6d7 report.html      # fetch what a stage made",
        "stagecast doctor https://stagecast.example  # find out what is wrong",
    )
)
def stagecast() -> None:
    """Upload a file, and see every stage of the work on it live."""


@app.command("up", rich_help_panel=RUN)
def up_command() -> None:
    """Run everything on this machine: a private broker unless one answers, and the three services."""
    with faults_said(), in_foreground():
        asyncio.run(up(read_settings(StackSettings), to_terminal()))


@app.command("broker", rich_help_panel=RUN)
def broker_command(
    folder: Annotated[Path, typer.Option(metavar="FOLDER", help="Where the node keeps everything.")],
    port: Annotated[int, typer.Option(metavar="PORT", min=1, max=65535, help="Where it listens, on 127.0.0.1.")],
    vhost: Annotated[str, typer.Option(metavar="NAME", help="A vhost for the user guest.")] = "/",
) -> None:
    """Run only a private broker."""
    with faults_said():
        asyncio.run(run_broker(folder.absolute(), AmqpUrl(port=port, vhost=vhost), to_terminal()))


@app.command("answers", rich_help_panel=RUN)
def answers_command() -> None:
    """Exit with 0 if a broker answers at STAGECAST_AMQP_URL, else with 1."""
    with faults_said():
        urls = parse_amqp_urls(read_settings(SharedSettings).amqp_url.get_secret_value())
        _, answer = asyncio.run(ask_nodes(urls))
        raise typer.Exit(0 if answer == Answers() else 1)


app.command(
    "send",
    rich_help_panel=WORK,
    epilog=examples(
        "stagecast send --follow scan.tif",
        "stagecast send --pipeline words *.txt",
        "id=$(stagecast send scan.tif) && stagecast watch $id && stagecast get $id report.html",
    ),
)(send)
app.command(
    "watch",
    rich_help_panel=WORK,
    epilog=examples(
        "stagecast watch                      # all jobs, until Ctrl-C",
        "stagecast watch 5df95f33d6d7         # one, until it is over",
        "stagecast watch --json | jq .state",
    ),
)(watch)
app.command(
    "jobs",
    rich_help_panel=WORK,
    epilog=examples("stagecast jobs --state failed", "stagecast jobs --mine --json | jq -r .job.id"),
)(jobs)
app.command(
    "get",
    rich_help_panel=WORK,
    epilog=examples(
        "stagecast get 5df95f33d6d7              # what is there",
        "stagecast get 5df95f33d6d7 report.html",
        "stagecast get 5df95f33d6d7 content.zst -o - | zstd -d",
    ),
)(get)
app.command("cancel", rich_help_panel=WORK, epilog=examples("stagecast cancel 5df95f33d6d7"))(cancel)
app.command("retry", rich_help_panel=WORK, epilog=examples("stagecast retry 5df95f33d6d7"))(retry)
app.command(
    "doctor",
    rich_help_panel=OPERATE,
    epilog=examples(
        "stagecast doctor",
        "stagecast doctor https://stagecast.example --token $TOKEN",
        "stagecast doctor --json --listen 5 | jq '.findings[] | select(.level == \"wrong\")'",
    ),
)(doctor)
app.add_typer(dead, name="dead", rich_help_panel=OPERATE)
app.command("prune", rich_help_panel=OPERATE, epilog=examples("stagecast prune --older-than 30d --dry-run"))(
    prune_command
)


def run() -> None:
    """Run the command that is asked for."""
    made_plain(get_command(app))(prog_name="stagecast")
