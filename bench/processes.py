"""What is measured runs as it would in earnest: each service a process of its own."""

import contextlib
import os
import re
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent
START_SECONDS = 60
END_SECONDS = 15
BROKER_END_SECONDS = 60  # it removes thousands of queues first


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@contextlib.contextmanager
def running(*command: str, ready_url: str, settings: Mapping[str, str] | None = None) -> Iterator[int]:
    """`python <command>`, until its URL answers 200; gives its process id."""
    environment = {**os.environ, "STAGECAST_LOG_LEVEL": "error", **(settings or {})}
    process = subprocess.Popen([sys.executable, *command], cwd=ROOT, env=environment)
    try:
        wait_for(ready_url, process)
        yield process.pid
    finally:
        end(process)


@contextlib.contextmanager
def running_broker(folder: Path) -> Iterator[str]:
    """A private broker; gives its URL."""
    port = free_port()
    command = [sys.executable, "-m", "cli", "broker", "--folder", str(folder), "--port", str(port)]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    try:
        for line in process.stdout:
            if " is ready: " in line:
                break
        else:
            raise RuntimeError("the broker did not start")
        yield f"amqp://guest:guest@127.0.0.1:{port}/"
    finally:
        end(process, seconds=BROKER_END_SECONDS)
        process.stdout.close()


def end(process: subprocess.Popen[Any], *, seconds: float = END_SECONDS) -> None:
    """Ask a process to end; after so many seconds it is killed, so that no measure leaves anything behind."""
    process.terminate()
    try:
        process.wait(seconds)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def peak_megabytes(pid: int) -> float:
    """The most memory that a process ever had, in MB (10^6 bytes): `VmHWM` of proc(5)."""
    return _status(pid, "VmHWM") / 1e6


def resident_bytes(pid: int) -> int:
    """The memory that a process has now: `VmRSS` of proc(5)."""
    return _status(pid, "VmRSS")


def machine() -> str:
    """The machine in one line."""
    model = re.search(r"model name\s*: (.+)", Path("/proc/cpuinfo").read_text())
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1024**3
    name = model[1].strip() if model else "unknown processor"
    return f"{os.cpu_count()} cores ({name}), {memory:.0f} GB, Python {sys.version.split()[0]}, loopback"


def _status(pid: int, field: str) -> int:
    found = re.search(rf"{field}:\s*(\d+) kB", Path(f"/proc/{pid}/status").read_text())
    assert found is not None
    return int(found[1]) * 1024


def wait_for(url: str, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        with contextlib.suppress(OSError), urllib.request.urlopen(url, timeout=1) as answer:
            if answer.status == 200:
                return
        time.sleep(0.05)
    raise RuntimeError(f"{process.args!r} did not answer at {url}")
