"""`make up` on a real terminal: Ctrl-C, and a terminal that is closed."""

import os
import pty
import select
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.ground import missing, wait_until
from tests.stack import END_SECONDS, PROJECT, RunnerProcess, free_place

LEAD_A_TERMINAL = "import os, sys; os.login_tty(0); os.execvp('make', sys.argv[1:])"
CTRL_C = b"\x03"


class MakeOnTerminal(RunnerProcess):
    """`make`, alone on a terminal: it leads the session, as after `ssh -t HOST make up`."""

    def press(self, key: bytes) -> None:
        os.write(self._terminal, key)

    def hang_up(self) -> None:
        """Close the terminal's window."""
        self._is_open = False
        self._reading.join(END_SECONDS)
        os.close(self._terminal)

    def _start(self, command: list[str], environment: dict[str, str]) -> subprocess.Popen[str]:
        self.folder.mkdir(parents=True)
        makefile = self.folder / "Makefile"
        makefile.write_text(f"up:\n\t@exec {shlex.join(command)}\n")
        self._is_open = True
        self._terminal, side = pty.openpty()
        try:
            return subprocess.Popen(
                [sys.executable, "-c", LEAD_A_TERMINAL, "make", "-f", str(makefile), "up"],
                cwd=PROJECT,
                env=environment,
                stdin=side,
                stdout=side,
                stderr=side,
                text=True,
            )
        finally:
            os.close(side)

    def _read(self) -> None:
        text = b""
        while self._is_open:
            if select.select([self._terminal], [], [], 0.05)[0]:
                try:
                    text += os.read(self._terminal, 65536)
                except OSError:  # nobody is left on the terminal
                    return
                self.lines[:] = text.decode(errors="replace").splitlines()


@pytest.fixture
def make_up(tmp_path: Path, broker_url: str) -> Iterator[MakeOnTerminal]:
    if shutil.which("make") is None:
        missing("no make on this machine")
    place = free_place(tmp_path / "local", broker_url)
    runner = MakeOnTerminal("up", environment=place.environment(), folder=place.folder)
    try:
        yield runner.wait_ready()
    finally:
        runner.close()


def test_ctrl_c_is_an_orderly_end_and_no_error(make_up: MakeOnTerminal) -> None:
    make_up.press(CTRL_C)
    assert make_up.wait() == 0, make_up.output
    assert make_up.processes() == {}
    make_up.hang_up()


def test_a_closed_terminal_ends_everything(make_up: MakeOnTerminal) -> None:
    make_up.hang_up()
    wait_until(lambda: make_up.processes() == {}, END_SECONDS, what="the end of every process")
