"""Commands that talk to a Stagecast: the options which say where it is, and who asks."""

import asyncio
import functools
import inspect
from collections.abc import Callable, Coroutine
from typing import Annotated, Any, Concatenate, ParamSpec

import typer

from cli.cookies import kept_cookies, state_folder
from cli.faults import faults_said
from client import Stagecast, connect
from client.stagecast import NOTIFIER_PORT

P = ParamSpec("P")

PANEL = "Where it is, and who asks"
DEFAULT_URL = "http://localhost:8000"

Url = Annotated[
    str, typer.Option(envvar="STAGECAST_URL", rich_help_panel=PANEL, help="The gateway, or the edge before it all.")
]
EventsUrl = Annotated[
    str,
    typer.Option(
        envvar="STAGECAST_EVENTS_URL",
        rich_help_panel=PANEL,
        show_default=False,
        help="The notifier. Without it: the same place if streams are there, else port 8001 of that host.",
    ),
]
Token = Annotated[
    str,
    typer.Option(envvar="STAGECAST_TOKEN", rich_help_panel=PANEL, show_default=False, help="A bearer token."),
]
Port = Annotated[int, typer.Option(envvar="STAGECAST_NOTIFIER_PORT", hidden=True)]


def _options(
    *, url: Url = DEFAULT_URL, events_url: EventsUrl = "", token: Token = "", notifier_port: Port = NOTIFIER_PORT
) -> None:
    """What every such command takes besides its own."""


def with_stagecast(
    command: Callable[Concatenate[Stagecast, P], Coroutine[Any, Any, None]],
) -> Callable[..., None]:
    """A command for typer of a coroutine that is given the client; what the user can put right is said in a line."""

    @functools.wraps(command)
    def run(*, url: str, events_url: str, token: str, notifier_port: int, **own: Any) -> None:
        async def connected() -> None:
            with kept_cookies(state_folder() / "cookies") as cookies:
                connecting = connect(
                    url, events_url=events_url, notifier_port=notifier_port, token=token, cookies=cookies
                )
                async with connecting as stagecast:
                    await command(stagecast, **own)  # type: ignore[call-arg]

        with faults_said():
            asyncio.run(connected())

    own, common = inspect.signature(command), inspect.signature(_options)
    parameters = [*list(own.parameters.values())[1:], *common.parameters.values()]
    run.__signature__ = own.replace(  # type: ignore[attr-defined]
        parameters=[each.replace(kind=inspect.Parameter.KEYWORD_ONLY) for each in parameters]
    )
    run.__annotations__ = {each.name: each.annotation for each in parameters}
    return run
