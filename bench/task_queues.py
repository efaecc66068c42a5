"""Those who run jobs: each at work already, and given as many as wanted."""

import asyncio
import contextlib
import os
import subprocess
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Literal

import aio_pika

from bench.peers import peers_folder
from bench.processes import ROOT, end, free_port, running
from bench.submission import check, prepare, submit
from contracts.topology import EVENTS, Exchange

CONCURRENCY = 2  # jobs at a time: one a core
MESSAGES = 12  # events of a job of five empty stages: two of the job, two of each stage
ONE_TASK = ((MESSAGES,), (5,))  # as many updates, and one for each stage
CHAIN = (3, 2, 2, 2, 3)  # a task for each stage: like ours, what has ended well is not run again

Submit = Callable[[], Coroutine[Any, Any, None]]


@dataclass(frozen=True)
class TaskQueue:
    """Somebody who runs jobs, and where each job's messages can be counted."""

    name: str
    jobs: int  # in one round
    messages: int  # of one job
    exchange: Exchange
    routing_key: str
    submission: Callable[[int], contextlib.AbstractAsyncContextManager[Submit]]  # checks at its end what became of them
    is_yardstick: bool = True  # the wanted ratio is one to it


@dataclass(frozen=True)
class Ours:
    """Our processors of one pipeline, so many; together they have as many jobs at a time as each of the peers."""

    name: str
    pipeline: str  # its attribute in `bench.pipelines`
    jobs: int
    processors: int


OURS = (
    Ours("stagecast, five `def` stages", "empty", 300, 1),
    Ours("stagecast, five `async def` stages", "empty_async", 400, 1),
    Ours("stagecast, five `def` stages, two processors", "empty_for_two", 300, 2),
    Ours("stagecast, five `async def` stages, two processors", "empty_async_for_two", 400, 2),
)


@contextlib.contextmanager
def stagecast(folder: Path, amqp_url: str) -> Iterator[list[TaskQueue]]:
    """Each pipeline has processors of its own, as each of the peers has a worker of its own."""
    store_url = (folder / "blobs").as_uri()
    with contextlib.ExitStack() as running_ones:
        for ours in OURS:
            for _ in range(ours.processors):
                running_ones.enter_context(_processor(ours, amqp_url, store_url))
        yield [
            TaskQueue(
                ours.name,
                ours.jobs,
                MESSAGES,
                EVENTS,
                "",
                partial(_our_submission, amqp_url, store_url, ours.pipeline.replace("_", "-")),
            )
            for ours in OURS
        ]


def _processor(ours: Ours, amqp_url: str, store_url: str) -> contextlib.AbstractContextManager[int]:
    port = free_port()
    settings = {
        "STAGECAST_AMQP_URL": amqp_url,
        "STAGECAST_STORE_URL": store_url,
        "STAGECAST_PROCESSOR_PORT": str(port),
        "STAGECAST_PROCESSOR_PIPELINES": f"bench.pipelines:{ours.pipeline}",
        "STAGECAST_PROCESSOR_CONCURRENCY": str(CONCURRENCY // ours.processors),
    }
    return running("-m", "processor", ready_url=f"http://127.0.0.1:{port}/readyz", settings=settings)


@contextlib.contextmanager
def celery(amqp_url: str, queues: Literal["classic", "quorum"]) -> Iterator[list[TaskQueue]]:
    command = ("celery", "--quiet", "-A", "bench.peer_celery", "worker", "--pool", "prefork", "-c", str(CONCURRENCY))
    environment = {**_environment(amqp_url), "BENCH_QUEUES": queues}
    with _peer(*command, "--task-events", "--loglevel", "error", "-n", queues, environment=environment):
        events = Exchange("celeryev", "topic")
        peer = _Peer(f"Celery, {queues}", "bench.peer_celery", events, "task.updated", environment)
        yield [peer.running(*updates) for updates in (*ONE_TASK, CHAIN)]


@contextlib.contextmanager
def taskiq(amqp_url: str) -> Iterator[list[TaskQueue]]:
    command = ("taskiq", "worker", "--workers", str(CONCURRENCY), "--max-async-tasks", "1", "--log-level", "ERROR")
    environment = _environment(amqp_url)
    with _peer(*command, "bench.peer_taskiq:broker", environment=environment):
        updates = Exchange("bench.taskiq-updates", "fanout")
        peer = _Peer("taskiq-aio-pika", "bench.peer_taskiq", updates, "", environment)
        yield [peer.running(*updates) for updates in ONE_TASK]


@dataclass(frozen=True)
class _Peer:
    name: str
    module: str
    exchange: Exchange
    routing_key: str
    environment: Mapping[str, str]

    def running(self, *updates: int) -> TaskQueue:
        """Jobs that are a task each, or several in a chain, with so many updates each."""
        kind = "one task" if len(updates) == 1 else f"{len(updates)} tasks in a chain"
        name = f"{self.name}, {kind}, {sum(updates)} updates"
        jobs = 1_000 // len(updates)
        submission = partial(self._submission, updates)
        return TaskQueue(
            name, jobs, sum(updates), self.exchange, self.routing_key, submission, is_yardstick=updates in ONE_TASK
        )

    @contextlib.asynccontextmanager
    async def _submission(self, updates: Sequence[int], count: int) -> AsyncIterator[Submit]:
        async def submit_all() -> None:
            command = (str(peers_folder() / "python"), "-m", self.module, str(count), *map(str, updates))
            process = await asyncio.create_subprocess_exec(*command, cwd=ROOT, env=self.environment)
            if await process.wait():
                raise RuntimeError(f"{self.module} could not submit")

        yield submit_all


@contextlib.contextmanager
def _peer(name: str, *arguments: str, environment: Mapping[str, str]) -> Iterator[None]:
    process = subprocess.Popen([peers_folder() / name, *arguments], cwd=ROOT, env=environment)
    try:
        yield
    finally:
        end(process)


def _environment(amqp_url: str) -> dict[str, str]:
    return {**os.environ, "BENCH_AMQP_URL": amqp_url, "PYTHONPATH": str(ROOT)}


@contextlib.asynccontextmanager
async def _our_submission(amqp_url: str, store_url: str, pipeline: str, count: int) -> AsyncIterator[Submit]:
    requests = prepare(store_url, pipeline, count)
    async with await aio_pika.connect(amqp_url) as connection, connection.channel() as channel:
        yield lambda: submit(channel, requests)
    check(store_url, requests)
