"""What our own private node says of itself, asked in its own language: AMQP does not tell it all."""

import re
import subprocess
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from cli.broker_files import find_programs
from cli.errors import CannotStartError

QUESTION = "{application:get_env(rabbit, consumer_timeout), rabbit_alarm:get_alarms()}."
SECONDS = 30
_TIMEOUT = re.compile(r"\{ok,(\d+)\}")
_ALARM = re.compile(r"resource_limit,(\w+)")


@dataclass(frozen=True)
class Node:
    """A reading."""

    acknowledged_within: timedelta | None
    alarms: tuple[str, ...]


def read_node(folder: Path) -> Node | None:
    """Ask the node that runs from this folder; None where none does, or it is not ours to ask."""
    try:
        pid = int((folder / "node.pid").read_text(encoding="utf-8").split("\n", 1)[0])
        lines = Path(f"/proc/{pid}/environ").read_bytes().split(b"\0")
        environment = dict(line.decode(errors="surrogateescape").split("=", 1) for line in lines if b"=" in line)
        asked = subprocess.run(  # noqa: S603 - the installed RabbitMQ's own program
            [find_programs().server.with_name("rabbitmqctl"), "eval", QUESTION],
            env=environment,
            check=True,
            capture_output=True,
            text=True,
            timeout=SECONDS,
        )
    except (OSError, ValueError, subprocess.SubprocessError, CannotStartError):
        return None
    return understood(asked.stdout)


def understood(told: str) -> Node:
    """Read its answer, an Erlang term."""
    flat = "".join(told.split())
    limit = _TIMEOUT.search(flat)
    return Node(timedelta(milliseconds=int(limit[1])) if limit else None, tuple(sorted(set(_ALARM.findall(flat)))))
