"""One child process: in a session of its own, its output read line by line, gone with its whole group."""

import asyncio
import contextlib
import ctypes
import os
import signal
import sys
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from cli.output import read_lines
from cli.pidfile import write_pid

PR_SET_PDEATHSIG = 1  # linux/prctl.h
LAST_OUTPUT_SECONDS = 1

OnLine = Callable[[str], None]


@dataclass(frozen=True)
class Command:
    """What to run, and the words in its command line that tell it from a stranger with the same pid."""

    name: str
    argv: tuple[str, ...]
    environment: Mapping[str, str]
    pid_file: Path
    mark: str
    folder: Path | None = None  # where it runs; by default where we do


class Child:
    """A running process and the group that it leads."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process

    async def wait(self) -> int:
        """Its exit code, negative for a signal."""
        return await self._process.wait()

    def terminate(self) -> None:
        """Ask it to end in order; what it started is its own to end."""
        with contextlib.suppress(ProcessLookupError):
            self._process.terminate()

    def kill_group(self) -> None:
        """End it and whatever it left behind."""
        with contextlib.suppress(ProcessLookupError, PermissionError):  # macOS says EPERM of a group of zombies
            os.killpg(self._process.pid, signal.SIGKILL)


@contextlib.asynccontextmanager
async def running(command: Command, on_line: OnLine) -> AsyncIterator[Child]:
    """Run `command` for as long as the block; at its end nothing of its process group is left."""
    read, write = os.pipe()
    with os.fdopen(read, "rb", buffering=0) as source:
        try:
            process = await asyncio.create_subprocess_exec(
                *command.argv,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=write,
                stderr=write,
                env=command.environment,
                cwd=command.folder,
                start_new_session=True,  # Ctrl-C in a terminal reaches the runner alone
                preexec_fn=_end_with_parent(),
            )
        finally:
            os.close(write)
        child = Child(process)
        write_pid(command.pid_file, process.pid, command.mark)
        try:
            async with _pumped(source, on_line):
                try:
                    yield child
                finally:
                    child.kill_group()
                    await process.wait()
        finally:
            command.pid_file.unlink(missing_ok=True)


@contextlib.asynccontextmanager
async def _pumped(source: object, on_line: OnLine) -> AsyncIterator[None]:
    """Pass lines on during the block, and shortly after it whatever was still in the pipe."""
    reader = asyncio.StreamReader()
    transport, _ = await asyncio.get_running_loop().connect_read_pipe(
        lambda: asyncio.StreamReaderProtocol(reader), source
    )

    async def pump() -> None:
        async for line in read_lines(reader):
            on_line(line)

    try:
        async with asyncio.TaskGroup() as tasks:
            pumping = tasks.create_task(pump())
            try:
                yield
            finally:
                await asyncio.wait({pumping}, timeout=LAST_OUTPUT_SECONDS)
                pumping.cancel()
    finally:
        transport.close()


def _end_with_parent() -> Callable[[], None] | None:
    """On Linux the kernel sends SIGTERM to a child whose runner was killed; elsewhere the next start ends it."""
    if sys.platform != "linux":
        return None
    parent = os.getpid()
    prctl = ctypes.CDLL(None, use_errno=True).prctl

    def in_child() -> None:
        prctl(PR_SET_PDEATHSIG, signal.SIGTERM, 0, 0, 0)
        if os.getppid() != parent:
            os._exit(1)

    return in_child
