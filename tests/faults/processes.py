"""Processors and brokers as processes of their own, to be killed, stopped and started again."""

import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

import httpx
import psutil

from cli.broker_files import find_programs
from tests.ground import wait_until, wait_until_async
from tests.stack import END_SECONDS, PROJECT, RunnerProcess, clean_environment, free_ports


@dataclass
class ProcessorProcess:
    """`python -m processor`."""

    process: subprocess.Popen[bytes]
    url: str
    output: IO[bytes]

    async def ready(self) -> None:
        """Wait until it takes jobs."""
        async with httpx.AsyncClient() as client:

            async def is_ready() -> bool:
                try:
                    return (await client.get(f"{self.url}/readyz")).status_code == 200
                except httpx.TransportError:
                    return False

            try:
                await wait_until_async(is_ready, 30, what="a processor's readiness")
            except TimeoutError:
                raise AssertionError(f"it is not ready, and said:\n{self.said}") from None

    async def kill(self) -> None:
        """SIGKILL; returns when it and its stages are gone."""
        family = [*psutil.Process(self.process.pid).children(recursive=True), psutil.Process(self.process.pid)]
        os.kill(self.process.pid, signal.SIGKILL)
        await wait_until_async(
            lambda: not any(map(is_alive, family)), 30, what="the end of a killed processor's stages"
        )

    async def terminate(self) -> int:
        """SIGTERM; gives the exit code."""
        self.process.terminate()
        await wait_until_async(lambda: self.process.poll() is not None, 30, what="a processor's ordered end")
        return self.process.returncode

    @property
    def said(self) -> str:
        """Its log so far."""
        self.output.seek(0)
        return self.output.read().decode()


@dataclass
class Processors:
    """Starts processors; at the end none is left."""

    broker_url: str
    store_url: str
    _exit: ExitStack = field(default_factory=ExitStack)

    async def start(self, *pipelines: str, **settings: str) -> ProcessorProcess:
        """One that is ready; pipelines are names from `tests.pipelines`."""
        started = self.launch(*pipelines, **settings)
        await started.ready()
        return started

    def launch(self, *pipelines: str, **settings: str) -> ProcessorProcess:
        """One that may never be ready."""
        (port,) = free_ports(1)
        environment = {
            **clean_environment(),
            "STAGECAST_AMQP_URL": self.broker_url,
            "STAGECAST_STORE_URL": self.store_url,
            "STAGECAST_PROCESSOR_PORT": str(port),
            "STAGECAST_PROCESSOR_PIPELINES": ",".join(f"tests.pipelines:{name}" for name in pipelines),
            **{f"STAGECAST_{name.upper()}": value for name, value in settings.items()},
        }
        return self._spawn(environment, f"http://127.0.0.1:{port}")

    def _spawn(self, environment: dict[str, str], url: str) -> ProcessorProcess:
        output = self._exit.enter_context(tempfile.TemporaryFile())  # noqa: SIM115 - closed with all the others
        command = [sys.executable, "-m", "processor"]
        process = self._exit.enter_context(subprocess.Popen(command, cwd=PROJECT, env=environment, stderr=output))
        self._exit.callback(process.kill)
        return ProcessorProcess(process, url, output)

    def close(self) -> None:
        self._exit.close()


@dataclass
class Broker:
    """A private node that can be stopped and started again: what is durable stays."""

    folder: Path
    port: int
    _runner: RunnerProcess | None = None

    @property
    def url(self) -> str:
        return f"amqp://guest:guest@127.0.0.1:{self.port}/tests"

    def start(self) -> None:
        arguments = ("broker", "--folder", str(self.folder), "--port", str(self.port), "--vhost", "tests")
        self._runner = RunnerProcess(*arguments, environment={}, folder=self.folder)
        self._runner.wait_ready()

    def stop(self) -> None:
        """In order, as for an upgrade."""
        assert self._runner is not None
        assert self._runner.end() == 0, self._runner.output
        self._runner.close()

    @contextmanager
    def away(self) -> Iterator[None]:
        """Stopped in order, until the end of the block."""
        self.stop()
        try:
            yield
        finally:
            self.start()

    @contextmanager
    def full_disk(self) -> Iterator[None]:
        """It takes no message, until the end of the block."""
        self.control("set_disk_free_limit", "1000000GB")
        try:
            yield
        finally:
            self.control("set_disk_free_limit", "1MB")

    def kill(self) -> None:
        """As when the machine loses its power: the node and all around it, at once."""
        assert self._runner is not None
        doomed = [self._runner.process.pid, *self._runner.processes()]
        for pid in doomed:
            with suppress(psutil.NoSuchProcess):  # a child that ended with its parent
                psutil.Process(pid).kill()
        self._runner.process.wait(END_SECONDS)
        wait_until(lambda: not self._runner or self._runner.processes() == {}, END_SECONDS, what="the node's end")
        self._runner.close()

    async def remember(self, *queues: str) -> None:
        """Wait until a kill cannot make it forget its stream and these queues.

        RabbitMQ writes the names of what replicates with a delay of seconds; in 3.10 what is killed before is lost.
        """
        names = ("rabbit_stream_coordinator", *(f"tests_{queue}" for queue in queues))

        def are_written() -> bool:
            written = b"".join(path.read_bytes() for path in self.folder.rglob("names.dets"))
            return all(name.encode() in written for name in names)

        await wait_until_async(are_written, 30, what=f"{names} on the broker's disk")

    def control(self, *arguments: str) -> None:
        """`rabbitmqctl` at this node, in its own environment: its name, its cookie, its port mapper."""
        assert self._runner is not None
        environments = (psutil.Process(pid).environ() for pid in self._runner.processes())
        environment = next(each for each in environments if "RABBITMQ_NODENAME" in each)
        program = find_programs().server.with_name("rabbitmqctl")
        subprocess.run([program, *arguments], env=environment, check=True, capture_output=True, timeout=60)

    def close(self) -> None:
        if self._runner is not None:
            self._runner.close()


@contextmanager
def a_broker(folder: Path) -> Iterator[Broker]:
    """A node of its own, running."""
    (port,) = free_ports(1)
    broker = Broker(folder, port)
    try:
        broker.start()
        yield broker
    finally:
        broker.close()


def is_alive(process: psutil.Process) -> bool:
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False
