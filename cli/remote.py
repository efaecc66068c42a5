"""Commands that talk to a Stagecast: the options which say where it is, and who asks."""

import asyncio
import functools
import inspect
from collections.abc import Callable, Coroutine
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, fields
from http.cookiejar import CookieJar
from typing import Annotated, Any, Concatenate, ParamSpec

import typer

from cli.cookies import kept_cookies, state_folder
from cli.faults import faults_said
from client import Stagecast, connect
from client.stagecast import NOTIFIER_PORT

P = ParamSpec("P")

PANEL = "Where it is, and who asks"

Url = Annotated[
    str,
    typer.Option(
        envvar="STAGECAST_URL",
        metavar="URL",
        rich_help_panel=PANEL,
        show_default="http://localhost:8000",
        help="The gateway, or the edge before it all.",
    ),
]
EventsUrl = Annotated[
    str,
    typer.Option(
        envvar="STAGECAST_EVENTS_URL",
        metavar="URL",
        rich_help_panel=PANEL,
        show_default=False,
        help="The notifier. Without it: the same place if streams are there, else port 8001 of that host.",
    ),
]
Token = Annotated[
    str,
    typer.Option(
        envvar="STAGECAST_TOKEN", metavar="TOKEN", rich_help_panel=PANEL, show_default=False, help="A bearer token."
    ),
]
GatewayPort = Annotated[int, typer.Option(envvar="STAGECAST_GATEWAY_PORT", hidden=True)]
NotifierPort = Annotated[int, typer.Option(envvar="STAGECAST_NOTIFIER_PORT", hidden=True)]


@dataclass(frozen=True)
class Remote:
    """The options that every such command takes besides its own."""

    url: Url = ""
    events_url: EventsUrl = ""
    token: Token = ""
    gateway_port: GatewayPort = 8000
    notifier_port: NotifierPort = NOTIFIER_PORT

    def connect(self, cookies: CookieJar | None = None) -> AbstractAsyncContextManager[Stagecast]:
        """A client for it."""
        return connect(
            self.url or f"http://localhost:{self.gateway_port}",
            events_url=self.events_url,
            notifier_port=self.notifier_port,
            token=self.token,
            cookies=cookies,
        )


def with_stagecast(
    command: Callable[Concatenate[Stagecast, P], Coroutine[Any, Any, None]],
) -> Callable[..., None]:
    """A command for typer of a coroutine that is given the client; what the user can put right is said in a line."""

    @functools.wraps(command)
    def run(**given: Any) -> None:
        remote = Remote(**{each.name: given.pop(each.name) for each in fields(Remote)})

        async def connected() -> None:
            with kept_cookies(state_folder() / "cookies") as cookies:
                async with remote.connect(cookies) as stagecast:
                    await command(stagecast, **given)  # type: ignore[call-arg]

        with faults_said():
            asyncio.run(connected())

    own, common = inspect.signature(command), inspect.signature(Remote)
    parameters = [*list(own.parameters.values())[1:], *common.parameters.values()]
    run.__signature__ = own.replace(  # type: ignore[attr-defined]
        parameters=[each.replace(kind=inspect.Parameter.KEYWORD_ONLY) for each in parameters]
    )
    run.__annotations__ = {each.name: each.annotation for each in parameters}
    return run
