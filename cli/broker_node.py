"""A private RabbitMQ node: on 127.0.0.1 alone, all its files in one folder, with a port mapper of its own."""

import asyncio
import os
import re
import socket
from contextlib import ExitStack
from pathlib import Path

from cli.amqp_url import AmqpUrl
from cli.broker_files import LOG_FILE, NODE_MARK, Programs, environment, write_files
from cli.broker_probe import Answers, ask_broker
from cli.child import Command
from cli.ending import Ending
from cli.output import Output
from cli.stack import Step
from cli.supervised import LAST_WORDS, Manner, Supervised

LOOPBACK = "127.0.0.1"
NODE_END_BY = 4.4  # seconds after the end of everything began; a node needs 1 to 2 of its own
EPMD_END_BY = 4.7

_BANNER = re.compile(r"RabbitMQ \d+\.\d+\S*$")
_LOUD = re.compile(r"\[(warning|error|critical|alert|emergency)\]")
_NOISE = re.compile(r"(\x1b\[\S+m)?\d{4}-\d\d-\d\d|.*Kernel pid terminated")


def node_steps(folder: Path, url: AmqpUrl, programs: Programs, *, output: Output, ending: Ending) -> list[Step]:
    """The port mapper, then the node; writes the node's files."""
    write_files(folder, url)
    epmd_port, distribution_port = free_ports(2)
    node_environment = environment(folder, os.environ, epmd_port=epmd_port, distribution_port=distribution_port)
    mapper = Command(
        "epmd",
        (str(programs.epmd), "-port", str(epmd_port), "-address", LOOPBACK),
        node_environment,
        pid_file=folder / "epmd.pid",
        mark=f"-port {epmd_port}",
    )
    node = Command(
        "broker",
        (str(programs.server),),
        node_environment,
        pid_file=folder / "node.pid",
        mark=NODE_MARK,
        folder=folder,
    )

    async def mapper_is_missing() -> str | None:
        return await _port_is_closed(epmd_port)

    async def node_is_missing() -> str | None:
        match await ask_broker(url):
            case Answers():
                return None
            case away_or_refuses:
                return away_or_refuses.reason

    def show(line: str) -> str | None:
        return worth_showing(line, runs=node_process.ready.is_set() and not ending.begun.is_set())

    def gist(lines: list[str]) -> list[str]:
        return [*boot_failure(lines), f"All of it is in {folder / 'log' / LOG_FILE}"]

    mapper_process = Supervised(mapper, mapper_is_missing, Manner(show=silent), output=output, ending=ending)
    # A node that fails to boot fails again, and each time takes seconds.
    manner = Manner(show=show, gist=gist, patience=1)
    node_process = Supervised(node, node_is_missing, manner, output=output, ending=ending)
    return [
        Step([mapper_process], end_by=EPMD_END_BY),
        Step([node_process], end_by=NODE_END_BY),
    ]


def worth_showing(line: str, *, runs: bool) -> str | None:
    """Of what a node says: its version, and while it `runs` what is a warning or worse. The rest is in its log file.

    As it ends it complains of everybody who ends with it.
    """
    if banner := _BANNER.search(line):
        return f"starting {banner[0]}"
    return line if runs and _LOUD.search(line) else None


def boot_failure(lines: list[str]) -> list[str]:
    """Why a node did not boot, in its own words: the plain lines below BOOT FAILED, not the reports around them."""
    failed = next((number for number, line in enumerate(lines) if line.startswith("BOOT FAILED")), None)
    if failed is None:
        return lines[-LAST_WORDS:]
    plain = [line for line in lines[failed + 1 :] if line.strip("= ") and not _NOISE.match(line)]
    return plain[:LAST_WORDS]


def silent(_: str) -> None:
    """Nothing of what the port mapper says: it takes our probe for a broken client."""


def free_ports(count: int) -> list[int]:
    """Ports of 127.0.0.1 that nobody uses at the moment."""
    with ExitStack() as sockets:
        taken = [sockets.enter_context(socket.socket()) for _ in range(count)]
        for each in taken:
            each.bind((LOOPBACK, 0))
        return [each.getsockname()[1] for each in taken]


async def _port_is_closed(port: int) -> str | None:
    try:
        _, writer = await asyncio.open_connection(LOOPBACK, port)
    except OSError as error:
        return error.strerror or str(error)
    writer.close()
    return None
