"""The whole stack, or only a broker, as processes of their own: as `make up` starts them."""

import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

import psutil

from tests.ground import wait_until

READY_SECONDS = 90
END_SECONDS = 30
PROJECT = Path(__file__).parent.parent


class RunnerProcess:
    """`python -m cli …` with what it says."""

    def __init__(self, *arguments: str, environment: Mapping[str, str], folder: Path) -> None:
        self.folder = folder
        self.lines: list[str] = []
        self.process = self._start([sys.executable, "-m", "cli", *arguments], {**clean_environment(), **environment})
        self._reading = threading.Thread(target=self._read, daemon=True)
        self._reading.start()

    @property
    def output(self) -> str:
        """All that it has said so far."""
        return "\n".join(self.lines)

    def wait_ready(self) -> Self:
        """Wait for its ready line; an early end is an error that shows what it said."""

        def ready_or_ended() -> bool:
            return self.ready_lines() != [] or self.process.poll() is not None

        wait_until(ready_or_ended, READY_SECONDS, what="the ready line")
        assert self.ready_lines(), f"it ended with {self.wait()}:\n{self.output}"
        return self

    def ready_lines(self) -> list[str]:
        """The lines that say that all is ready."""
        return [line for line in self.lines if " is ready: " in line]

    def wait(self) -> int:
        """Its exit code, once it has ended and all it said is read."""
        code = self.process.wait(END_SECONDS)
        self._reading.join(END_SECONDS)
        return code

    def end(self, number: signal.Signals = signal.SIGTERM) -> int:
        """Send a signal and wait for the exit code."""
        self.process.send_signal(number)
        return self.wait()

    def processes(self) -> dict[int, list[str]]:
        """Every living process that belongs to it: their environments name its folder."""
        return dict(_processes_of(self.folder))

    def pid_of(self, service: str) -> int | None:
        """The process of a service, without those that it started itself."""
        marks = ["-m", service]
        return next((pid for pid, line in self.processes().items() if line[1:] == marks), None)

    def close(self) -> None:
        """Whatever happened before: leave nothing behind."""
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(END_SECONDS)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        for pid in self.processes():
            psutil.Process(pid).kill()
        self._reading.join(END_SECONDS)
        if self.process.stdout is not None:
            self.process.stdout.close()

    def _start(self, command: list[str], environment: dict[str, str]) -> subprocess.Popen[str]:
        return subprocess.Popen(
            command,
            cwd=PROJECT,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            encoding="utf-8",
        )

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.lines.append(line.rstrip("\n"))


@dataclass(frozen=True)
class Stack:
    """A running stack and where to find it."""

    runner: RunnerProcess
    gateway_url: str
    notifier_url: str
    processor_url: str
    broker_url: str
    page_url: str = field(init=False)
    events_url: str = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "page_url", f"{self.gateway_url}/")
        object.__setattr__(self, "events_url", f"{self.notifier_url}/events")

    @property
    def process(self) -> subprocess.Popen[str]:
        """The runner's process."""
        return self.runner.process

    @property
    def output(self) -> str:
        """What the stack has said so far."""
        return self.runner.output


@dataclass(frozen=True)
class Place:
    """Ports and a folder that nobody else uses."""

    folder: Path
    gateway: int
    notifier: int
    processor: int
    broker_url: str

    def environment(self) -> dict[str, str]:
        """The settings for it."""
        return {
            "STAGECAST_LOCAL_FOLDER": str(self.folder),
            "STAGECAST_AMQP_URL": self.broker_url,
            "STAGECAST_GATEWAY_PORT": str(self.gateway),
            "STAGECAST_NOTIFIER_PORT": str(self.notifier),
            "STAGECAST_PROCESSOR_PORT": str(self.processor),
        }


def free_place(folder: Path, broker_url: str | None = None) -> Place:
    """A place for a stack; without a broker's URL, one where it starts its own."""
    gateway, notifier, processor, broker = free_ports(4)
    return Place(folder, gateway, notifier, processor, broker_url or f"amqp://guest:guest@127.0.0.1:{broker}/")


@contextmanager
def start(place: Place, **settings: str) -> Iterator[RunnerProcess]:
    """`python -m cli up` there; may end before it is ready."""
    runner = RunnerProcess("up", environment={**place.environment(), **settings}, folder=place.folder)
    try:
        yield runner
    finally:
        runner.close()


@contextmanager
def running_stack(place: Place, **settings: str) -> Iterator[Stack]:
    """A stack that is ready; at the end it must end in order, and leave nothing."""
    with start(place, **settings) as runner:
        runner.wait_ready()
        yield Stack(
            runner,
            gateway_url=f"http://localhost:{place.gateway}",
            notifier_url=f"http://localhost:{place.notifier}",
            processor_url=f"http://localhost:{place.processor}",
            broker_url=place.broker_url,
        )
        assert runner.end() == 0, runner.output
        assert runner.processes() == {}


@contextmanager
def running_broker(folder: Path, vhost: str) -> Iterator[str]:
    """A private node; yields its URL."""
    (port,) = free_ports(1)
    arguments = ("broker", "--folder", str(folder), "--port", str(port), "--vhost", vhost)
    runner = RunnerProcess(*arguments, environment={}, folder=folder)
    try:
        runner.wait_ready()
        yield f"amqp://guest:guest@127.0.0.1:{port}/{vhost}"
        assert runner.end() == 0, runner.output
        assert runner.processes() == {}
    finally:
        runner.close()


def free_ports(count: int) -> list[int]:
    """Ports of 127.0.0.1 that nobody uses at the moment."""
    with ExitStack() as sockets:
        taken = [sockets.enter_context(socket.socket()) for _ in range(count)]
        for each in taken:
            each.bind(("127.0.0.1", 0))
        return [each.getsockname()[1] for each in taken]


def clean_environment() -> dict[str, str]:
    """This process's environment without any setting of ours."""
    return {name: value for name, value in os.environ.items() if not name.upper().startswith("STAGECAST_")}


def _processes_of(folder: Path) -> Iterator[tuple[int, list[str]]]:
    for process in psutil.process_iter():
        try:
            if process.status() != psutil.STATUS_ZOMBIE and any(
                str(folder) in value for value in process.environ().values()
            ):
                yield process.pid, process.cmdline()
        except (psutil.NoSuchProcess, psutil.AccessDenied):
            continue
