"""What a terminal does by itself, where that is in the way.

Ctrl-C under make: the terminal sends it to the runner alone, so that make sees an orderly end and no interrupt.
"""

import os
import select
import signal
import sys
import termios
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

LOCAL_FLAGS = 3  # their place in what `tcgetattr` gives


@contextmanager
def in_foreground() -> Iterator[None]:
    """Lead the terminal's foreground group for the block, where make in that group started us.

    GNU make ends by SIGINT itself when Ctrl-C reaches it, however orderly its child ended.
    """
    if not _started_by_make_on_terminal():
        yield
        return
    terminal, before = sys.stdin.fileno(), os.getpgrp()
    signal.signal(signal.SIGTTOU, signal.SIG_IGN)  # taking the terminal, and giving it back, must not stop us
    signal.signal(signal.SIGTSTP, signal.SIG_IGN)  # make would not notice that we were stopped
    os.setpgid(0, 0)
    os.tcsetpgrp(terminal, os.getpgrp())
    threading.Thread(target=_end_with_terminal, args=(terminal,), daemon=True).start()
    try:
        yield
    finally:
        with suppress(OSError):  # the terminal may be gone
            os.tcsetpgrp(terminal, before)


@contextmanager
def unechoed() -> Iterator[None]:
    """Keys that are pressed during the block, and the `^C` of Ctrl-C, do not disturb what is drawn."""
    try:
        terminal = sys.stdin.fileno()
        before = termios.tcgetattr(terminal)
    except (OSError, ValueError, termios.error):  # no terminal, or no standard input at all
        yield
        return
    quiet = [*before[:LOCAL_FLAGS], before[LOCAL_FLAGS] & ~termios.ECHO, *before[LOCAL_FLAGS + 1 :]]
    termios.tcsetattr(terminal, termios.TCSADRAIN, quiet)
    try:
        yield
    finally:
        termios.tcsetattr(terminal, termios.TCSADRAIN, before)


def _end_with_terminal(terminal: int) -> None:
    """Say SIGHUP to ourselves when the terminal closes.

    The kernel says it to the session's leader alone. Where that is make itself, and no shell, it waits for us.
    """
    poll = select.poll()
    poll.register(terminal, 0)  # nothing to read: only the hangup, of which poll always tells
    if any(event & select.POLLHUP for _, event in poll.poll()):
        os.kill(os.getpid(), signal.SIGHUP)


def _started_by_make_on_terminal() -> bool:
    try:
        return "MAKELEVEL" in os.environ and os.tcgetpgrp(sys.stdin.fileno()) == os.getpgrp()
    except (OSError, ValueError):  # no terminal, or no standard input at all
        return False
