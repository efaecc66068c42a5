"""Everything on this machine: a broker unless one answers, and the three services."""

from contextlib import ExitStack
from pathlib import Path

import httpx

from cli.amqp_url import AmqpUrl, parse_amqp_urls
from cli.broker_files import find_programs
from cli.broker_node import node_steps
from cli.broker_probe import Answers, Away, Refuses, ask_nodes
from cli.ending import Ending, ended_by_signals
from cli.errors import CannotStartError
from cli.output import RUNNER, Output
from cli.pidfile import end_stale, only_one
from cli.services import ports, services_step
from cli.settings import StackSettings, page_url
from cli.stack import Step, run_steps
from contracts.server import listen
from contracts.settings import PREFIX

PROBE_SECONDS = 2


async def up(settings: StackSettings, output: Output) -> None:
    """Run the whole stack until SIGINT or SIGTERM.

    Raises:
        BadSettingError, PortTakenError: before anything is started.
        CannotStartError: something does not start; nothing is left running.
    """
    ending = Ending()
    urls = parse_amqp_urls(settings.amqp_url.get_secret_value())
    run_folder = settings.local_folder / "run"
    with only_one(settings.local_folder), ended_by_signals(ending):
        tidy(run_folder, output)
        check_ports(settings)
        broker = await broker_steps(settings.local_folder / "rabbitmq", urls, output=output, ending=ending)
        async with httpx.AsyncClient(trust_env=False, timeout=PROBE_SECONDS) as client:
            services = services_step(settings, run_folder, client, output=output, ending=ending)
            ready = f"Stagecast is ready: {page_url(settings)}"
            await run_steps([*broker, services], ready=ready, output=output, ending=ending)


async def run_broker(folder: Path, url: AmqpUrl, output: Output) -> None:
    """Run the private node alone until SIGINT or SIGTERM.

    Raises:
        PortTakenError, CannotStartError: as `up`.
    """
    ending = Ending()
    with only_one(folder), ended_by_signals(ending):
        tidy(folder, output)
        listen(url.host, url.port, setting="--port").close()
        steps = node_steps(folder, url, find_programs(), output=output, ending=ending)
        await run_steps(steps, ready=f"Broker is ready: {url.place}", output=output, ending=ending)


async def broker_steps(folder: Path, urls: list[AmqpUrl], *, output: Output, ending: Ending) -> list[Step]:
    """Nothing if a broker answers at one of the URLs, else a private node there, if it can be there."""
    with only_one(folder):
        tidy(folder, output)
    url, answer = await ask_nodes(urls)
    match answer:
        case Answers():
            output.line(RUNNER, f"using the broker that answers at {url.place}")
            return []
        case Refuses(reason):
            raise CannotStartError(
                f"{reason} ({url.place}): correct STAGECAST_AMQP_URL, or end what listens there and start again"
            )
        case Away(reason) if len(urls) > 1 or not url.fits_private_node:
            raise CannotStartError(
                f"no broker answers at {url.place} ({reason}): start it, or unset STAGECAST_AMQP_URL "
                "for a private one on this machine"
            )
        case Away():
            return node_steps(folder, url, find_programs(), output=output, ending=ending)


def tidy(folder: Path, output: Output) -> None:
    """End what a killed run left behind."""
    folder.mkdir(parents=True, exist_ok=True)
    for pid in end_stale(folder):
        output.line(RUNNER, f"ended process {pid}, left behind by an earlier run")


def check_ports(settings: StackSettings) -> None:
    """Raises PortTakenError, which names the setting, if a port is taken or two services have the same."""
    with ExitStack() as sockets:
        for name, port in ports(settings).items():
            setting = f"{PREFIX}{name.upper()}_PORT"
            sockets.enter_context(listen(settings.host, port, setting=setting))
