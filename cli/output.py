"""What `up` shows: a prefix for each process, one bounded line at a time, colour on a terminal."""

import asyncio
import os
import re
import sys
from collections.abc import AsyncIterator
from contextlib import suppress
from typing import TextIO

RUNNER = "stagecast"
WIDTH = 9
LONGEST_LINE = 1_000  # characters; the rest of the line is dropped
CHUNK = 64 * 1024
COLOURS = {"gateway": 36, "processor": 33, "notifier": 35, "broker": 32, "epmd": 32, RUNNER: 1}

_ESCAPES = re.compile(r"\x1b\[[0-9;?]*[ -/]*[@-~]")
_CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029]")


class Output:
    """Writes whole lines. A reader that has gone away is no reason to stop, so nothing is raised for it."""

    def __init__(self, stream: TextIO, *, colour: bool) -> None:
        self._stream = stream
        self._colour = colour
        self._gone = False

    def line(self, name: str, text: str) -> None:
        """One line of the process `name`."""
        prefix = f"{name:<{WIDTH}} |"
        if self._colour:
            prefix = f"\x1b[{COLOURS.get(name, 0)}m{prefix}\x1b[0m"
        self.say(f"{prefix} {shown(text)}")

    def say(self, text: str) -> None:
        """A line of the runner's own, as it is."""
        if self._gone:
            return
        try:
            self._stream.write(f"{text}\n")
            self._stream.flush()
        except (OSError, ValueError):
            self._gone = True
            with suppress(OSError, ValueError):  # else the interpreter complains when it flushes at its end
                os.dup2(os.open(os.devnull, os.O_WRONLY), self._stream.fileno())


def to_terminal() -> Output:
    """Standard output, with colour where it is a terminal that wants it (https://no-color.org)."""
    return Output(sys.stdout, colour=sys.stdout.isatty() and not os.environ.get("NO_COLOR"))


def shown(text: str) -> str:
    """A process's line made safe for a terminal: bounded, and without escape sequences or control characters."""
    clean = _CONTROLS.sub("�", _ESCAPES.sub("", text))
    return clean if len(clean) <= LONGEST_LINE else f"{clean[:LONGEST_LINE]}…"


def on_one_line(text: str) -> str:
    """What people or programs said, of however many lines, for a place that has only one."""
    return shown(" ".join(text.split()))


async def read_lines(reader: asyncio.StreamReader) -> AsyncIterator[str]:
    """Lines of UTF-8 as they come; holds at most one chunk and one longest line in memory."""
    rest = b""
    while chunk := await reader.read(CHUNK):
        *lines, rest = (rest + chunk).split(b"\n")
        for line in lines:
            yield line.rstrip(b"\r").decode(errors="replace")
        rest = rest[: LONGEST_LINE * 4 + 4]
    if rest:
        yield rest.decode(errors="replace")
