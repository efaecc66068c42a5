"""`stagecast doctor`: the command, and how its report looks."""

import json
import time
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from cli.doctor.canary import Canary
from cli.doctor.examination import Question, Report, examine
from cli.doctor.finding import Finding, Level, is_sound
from cli.exit_codes import ExitCode
from cli.remote import with_stagecast
from cli.settings import StackSettings
from client import Stagecast
from contracts.settings import read_settings

HEARTBEATS = 35.0  # seconds: two of them
PATIENCE = 60.0
MARKS = {
    Level.GOOD: Text("✓", "green"),
    Level.NOTE: Text("!", "yellow"),
    Level.WRONG: Text("✗", "bold red"),
    Level.UNSEEN: Text("?", "dim"),
}

Pipelines = Annotated[
    list[str] | None,
    typer.Option(
        "--pipeline",
        "-p",
        metavar="NAME",
        help="To be served; may be repeated. The first one runs the canary.",
        show_default="inspect",
    ),
]


@with_stagecast
async def doctor(  # noqa: PLR0913, PLR0917 - each is an option
    stagecast: Stagecast,
    place: Annotated[
        str, typer.Argument(metavar="URL", help="Which one, instead of that of --url.", show_default=False)
    ] = "",
    pipelines: Pipelines = None,
    listen: Annotated[float, typer.Option(metavar="SECONDS", min=1, help="To listen to a quiet stream.")] = HEARTBEATS,
    canary: Annotated[
        float, typer.Option(metavar="SECONDS", min=0, help="That a tiny job may take; 0 sends none.")
    ] = PATIENCE,
    management_url: Annotated[
        str,
        typer.Option(metavar="URL", help="RabbitMQ's management API.", show_default="port 15672 of the broker's host"),
    ] = "",
    as_json: Annotated[bool, typer.Option("--json", help="The report as JSON.")] = False,
) -> None:
    """Find what is wrong with a Stagecast, and what to do about it.

    Looks at the services, the broker, the store, the clocks, and the stream
    through whatever stands in front of it; and sends a tiny job through it all.
    Exits with 1 if something is wrong.
    """
    stagecast = stagecast.at(place) if place else stagecast
    question = Question(tuple(pipelines or ("inspect",)), listen, canary, management_url)
    with Console(stderr=True, highlight=False).status(Countdown(listen, canary)):
        report = await examine(stagecast, read_settings(StackSettings), question)
    if as_json:
        typer.echo(json.dumps(as_dict(report), ensure_ascii=False, indent=2))
    else:
        show(report, Console(highlight=False))
    raise typer.Exit(ExitCode.DONE if is_sound(report.findings) else ExitCode.NOT_DONE)


class Countdown:
    """What is waited for, and how long at the most."""

    def __init__(self, listen: float, canary: float) -> None:
        self._begun = time.monotonic()
        self._listen, self._canary = listen, canary

    def __rich__(self) -> str:
        passed = time.monotonic() - self._begun
        if passed < self._listen:
            return f"listening to a quiet stream, {self._listen - passed:.0f} s more"
        return f"waiting for a tiny job to be done, {max(0.0, self._canary - passed):.0f} s at most"


def as_dict(report: Report) -> dict[str, object]:
    """For scripts; hops in seconds since the canary's upload began."""
    hops = [{"hop": hop.name, "at": round(hop.at, 4)} for hop in report.canary.hops] if report.canary else []
    findings = [finding.as_json() for finding in report.findings]
    return {"sound": is_sound(report.findings), "findings": findings, "hops": hops}


def show(report: Report, console: Console) -> None:
    """What is wrong at the end, where it is seen."""
    order = [Level.GOOD, Level.UNSEEN, Level.NOTE, Level.WRONG]
    table = Table.grid(padding=(0, 1))
    table.add_column(width=1)
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    for finding in sorted(report.findings, key=lambda finding: order.index(finding.level)):
        table.add_row(MARKS[finding.level], Text(finding.check, "bold"), _words(finding))
    console.print(table)
    if report.canary is not None and report.canary.hops:
        console.print()
        console.print(hops_table(report.canary))
    console.print()
    console.print(verdict(report.findings))


def hops_table(canary: Canary) -> Table:
    """When each hop was heard of, and what it took after the one before."""
    table = Table(box=None, pad_edge=False, header_style="dim", title="The canary's way", title_justify="left")
    table.add_column("HOP", no_wrap=True)
    table.add_column("AFTER", justify="right", no_wrap=True)
    table.add_column("AT", justify="right", no_wrap=True)
    before = 0.0
    for hop in canary.hops:
        table.add_row(hop.name, f"{(hop.at - before) * 1000:.0f} ms", f"{hop.at * 1000:.0f} ms")
        before = hop.at
    return table


def verdict(findings: list[Finding]) -> Text:
    """The last line."""
    faults = sum(finding.level is Level.WRONG for finding in findings)
    if faults:
        return Text(f"{faults} {'thing is' if faults == 1 else 'things are'} wrong: see ✗", "bold red")
    return Text("nothing is wrong", "bold green")


def _words(finding: Finding) -> Text:
    words = Text(finding.said)
    if finding.remedy and finding.level is not Level.GOOD:
        words.append(f"\n→ {finding.remedy}", "cyan" if finding.level is Level.WRONG else "dim")
    return words
