"""The three services as processes of their own."""

import os
import sys
from functools import partial
from pathlib import Path

import httpx

from cli.child import Command
from cli.ending import Ending
from cli.output import Output
from cli.secret import local_secret
from cli.settings import StackSettings, reachable
from cli.stack import Step
from cli.supervised import Supervised
from contracts.settings import PREFIX

SERVICES_END_BY = 2.8  # seconds after the end began


def ports(settings: StackSettings) -> dict[str, int]:
    """Each service's port, in the order that they start in; they end in the opposite one."""
    return {
        "notifier": settings.notifier_port,
        "processor": settings.processor_port,
        "gateway": settings.gateway_port,
    }


def services_step(
    settings: StackSettings, run_folder: Path, client: httpx.AsyncClient, *, output: Output, ending: Ending
) -> Step:
    """The services, each ready when its `/readyz` says so."""
    environment = service_environment(settings)
    members = []
    for name, port in ports(settings).items():
        command = Command(
            name, (sys.executable, "-m", name), environment, pid_file=run_folder / f"{name}.pid", mark=f"-m {name}"
        )
        probe = partial(not_ready, client, f"http://{reachable(settings.host)}:{port}/readyz")
        members.append(Supervised(command, probe, output=output, ending=ending))
    return Step(members, end_by=SERVICES_END_BY)


def service_environment(settings: StackSettings) -> dict[str, str]:
    """The runner's own environment, and what all services must agree on."""
    secret = settings.secret.get_secret_value() if settings.secret else ""
    return {
        f"{PREFIX}LOG_FORMAT": "console",
        **os.environ,
        f"{PREFIX}SECRET": secret or local_secret(settings.local_folder / "secret"),
        f"{PREFIX}STORE_URL": settings.blobs_url,
        "PYTHONUNBUFFERED": "1",
    }


async def not_ready(client: httpx.AsyncClient, url: str) -> str | None:
    """What a service says that it still lacks, or None once it is ready."""
    try:
        answer = await client.get(url)
    except httpx.HTTPError as error:
        return f"{url} does not answer ({error or type(error).__name__})"
    return None if answer.status_code == httpx.codes.OK else f"{url} says {answer.text[:300]}"
