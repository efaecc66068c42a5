"""Between a stage's process and its processor: whichever of them ends, nothing that the stage started is left."""

import ctypes
import os
import signal
import sys
import time
from contextlib import suppress
from multiprocessing.connection import Connection, wait
from resource import RLIMIT_CORE, setrlimit

from processor.descendants import descendants

PR_SET_PDEATHSIG = 1  # linux/prctl.h
PR_SET_CHILD_SUBREAPER = 36
END_SECONDS = 5.0  # what cannot be killed, such as another user's process, keeps us no longer
LOOK_SECONDS = 0.001


def guard(service: Connection, *stages: Connection) -> None:
    """Go on in a child of this process; this one stays, and ends as that does.

    The end of `service` is the processor's, or its wish: then the child is killed. What is left of the child's own
    descendants is killed in any case, on Linux also what left its process group. `stages` are the stage's alone.
    """
    os.setsid()
    adopt_orphans()
    stage = os.fork()
    if stage == 0:
        _end_with_parent()
        return
    try:
        for each in stages:
            each.close()
        code = _until_over(stage, service)
        _end_the_rest(stage)
        _end_as(code)
    finally:
        os._exit(1)  # never into the stage's code


def adopt_orphans() -> None:
    """On Linux: become the parent of all descendants whose own has ended, so that they are found."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def _end_with_parent() -> None:
    """On Linux: should somebody kill the guardian, the stage does not stay unguarded."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)


def _until_over(stage: int, service: Connection) -> int:
    """Its exit code, as `multiprocessing` has it, once it has ended by itself or was killed."""
    heard, woken = os.pipe()
    os.set_blocking(woken, False)
    signal.set_wakeup_fd(woken)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    while True:
        ended, status = os.waitpid(stage, os.WNOHANG)
        if ended:
            return os.waitstatus_to_exitcode(status)
        if service in wait([service, heard]):
            os.kill(stage, signal.SIGKILL)
            return os.waitstatus_to_exitcode(os.waitpid(stage, 0)[1])
        os.read(heard, 100)


def _end_the_rest(stage: int) -> None:
    """Again until none is left: what is dying may still start others."""
    deadline = time.monotonic() + END_SECONDS
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(stage, signal.SIGKILL)  # all there is to go by where no system tells descendants
    while (left := descendants(os.getpid())) and time.monotonic() < deadline:
        for each in left:
            with suppress(ProcessLookupError, PermissionError):
                os.kill(each, signal.SIGKILL)
        with suppress(ChildProcessError):
            while os.waitpid(-1, os.WNOHANG)[0]:
                pass
        time.sleep(LOOK_SECONDS)


def _end_as(code: int) -> None:
    if code >= 0:
        os._exit(code)
    setrlimit(RLIMIT_CORE, (0, 0))  # one is enough
    if -code != signal.SIGKILL:
        signal.signal(-code, signal.SIG_DFL)
    os.kill(os.getpid(), -code)
