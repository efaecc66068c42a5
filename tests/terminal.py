"""A real terminal: a program on a pseudo-terminal, and the screen that its bytes make."""

import fcntl
import os
import pty
import select
import signal
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import pyte

from tests.stack import PROJECT, clean_environment

CTRL_C = b"\x03"
# What runs in a shell's background ignores Ctrl-C, and so does what it starts; on a terminal it is heard.
LEAD_A_TERMINAL = (
    "import os, signal, sys; os.login_tty(0); signal.signal(signal.SIGINT, signal.SIG_DFL);"
    "os.execv(sys.executable, [sys.executable, *sys.argv[1:]])"
)


class Terminal:
    """`stagecast …` on a terminal of some size."""

    def __init__(self, *arguments: str, columns: int, rows: int, environment: Mapping[str, str]) -> None:
        self.screen = pyte.Screen(columns, rows)
        self._stream = pyte.ByteStream(self.screen)
        self._terminal, side = pty.openpty()
        fcntl.ioctl(side, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
        self.process = subprocess.Popen(
            [sys.executable, "-c", LEAD_A_TERMINAL, "-m", "cli", *arguments],
            cwd=PROJECT,
            env={**clean_environment(), "TERM": "xterm-256color", **environment},
            stdin=side,
            stdout=side,
            stderr=side,
        )
        os.close(side)

    @property
    def lines(self) -> list[str]:
        """What stands on the screen, without what is empty."""
        return [line.rstrip() for line in self.screen.display if line.strip()]

    @property
    def text(self) -> str:
        return "\n".join(self.lines)

    def press(self, key: bytes) -> None:
        os.write(self._terminal, key)

    def until(self, *words: str, seconds: float = 60) -> None:
        """Wait until all these words stand on the screen at once."""
        deadline = time.monotonic() + seconds
        while not all(word in self.text for word in words):
            if not self._read() or time.monotonic() > deadline:
                raise AssertionError(f"{words} did not come; the screen has:\n{self.text}")

    def end(self, seconds: float = 60) -> int:
        """The exit code, once it has ended; the screen then has what it leaves behind."""
        deadline = time.monotonic() + seconds
        while self._read():
            if time.monotonic() > deadline:
                raise AssertionError(f"it did not end; the screen has:\n{self.text}")
        return self.process.wait(seconds)

    def close(self) -> None:
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGKILL)
            self.process.wait()
        os.close(self._terminal)

    def _read(self) -> bool:
        """Take in what has come within a moment; False once nobody is left who could write."""
        if select.select([self._terminal], [], [], 0.05)[0]:
            try:
                self._stream.feed(os.read(self._terminal, 65536))
            except OSError:
                return False
        return True


@contextmanager
def on_terminal(
    *arguments: str, environment: Mapping[str, str], columns: int = 80, rows: int = 24
) -> Iterator[Terminal]:
    terminal = Terminal(*arguments, columns=columns, rows=rows, environment=environment)
    try:
        yield terminal
    finally:
        terminal.close()
