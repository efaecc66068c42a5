"""Which processes a runner started, so that the next one can end what a killed runner left behind."""

import contextlib
import fcntl
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

from cli.errors import CannotStartError

ORDERLY_SECONDS = 5
PAUSE = 0.05


def write_pid(file: Path, pid: int, mark: str) -> None:
    """Remember a process by its pid and some words of its command line.

    The file names its own place too: a copy of the folder must not end the processes of the original.
    """
    file.write_text(f"{pid}\n{file.resolve()}\n{mark}", encoding="utf-8")


@contextlib.contextmanager
def only_one(folder: Path) -> Iterator[None]:
    """Hold `folder` for this process; the lock goes with the process, however that ends.

    Raises:
        CannotStartError: another process holds it.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "lock").open("a+", encoding="ascii") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            file.seek(0)
            raise CannotStartError(
                f"Stagecast already runs from {folder} (process {file.read().strip() or 'unknown'}): "
                "end it first, or set STAGECAST_LOCAL_FOLDER to another folder"
            ) from error
        file.truncate(0)
        file.write(str(os.getpid()))
        file.flush()
        yield


def end_stale(folder: Path) -> list[int]:
    """End what a killed runner left behind, in order if it can; returns the pids. Call it only under the lock."""
    stale = {pid: file for file in sorted(folder.glob("*.pid")) if (pid := _left_behind(file))}
    for pid in stale:
        _signal(pid, signal.SIGTERM)
    deadline = time.monotonic() + ORDERLY_SECONDS
    while any(map(_left_behind, stale.values())) and time.monotonic() < deadline:
        time.sleep(PAUSE)
    for pid, file in stale.items():
        if _left_behind(file):
            _signal(pid, signal.SIGKILL)
    for file in folder.glob("*.pid"):
        file.unlink(missing_ok=True)
    return list(stale)


def _left_behind(file: Path) -> int | None:
    """The pid in `file` if that process lives and is the one that was meant."""
    try:
        pid, place, mark = file.read_text(encoding="utf-8").split("\n")
    except (FileNotFoundError, ValueError):
        return None
    ours = place == str(file.resolve()) and mark and mark in _command_line(int(pid))
    return int(pid) if ours else None


def _command_line(pid: int) -> str:
    """The arguments of a process; empty if there is none, or it has ended and waits to be reaped."""
    proc = Path(f"/proc/{pid}/cmdline")
    if Path("/proc/self/cmdline").exists():
        try:
            return proc.read_bytes().replace(b"\0", b" ").decode(errors="replace")
        except OSError:
            return ""
    ps = shutil.which("ps") or "/bin/ps"
    answer = subprocess.run([ps, "-ww", "-o", "command=", "-p", str(pid)], capture_output=True, check=False)  # noqa: S603
    return answer.stdout.decode(errors="replace")


def _signal(pid: int, number: signal.Signals) -> None:
    """SIGTERM to the process itself, SIGKILL to the whole group that it leads."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        (os.killpg if number == signal.SIGKILL else os.kill)(pid, number)
