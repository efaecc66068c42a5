"""Those who run jobs: each at work already, and given as many as wanted."""

import asyncio
import contextlib
import os
import subprocess
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import aio_pika

from bench.peers import peers_folder
from bench.processes import ROOT, end, free_port, running
from bench.submission import check, prepare, submit
from contracts.topology import EVENTS, Exchange

CONCURRENCY = 2  # jobs at a time: one a core
MESSAGES = 12  # events of a job of five empty stages: two of the job, two of each stage
FEW_MESSAGES = 5  # an update a stage, as a user of Celery might be content with
PIPELINES = "bench.pipelines:empty,bench.pipelines:empty_async"

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


@contextlib.contextmanager
def stagecast(folder: Path, amqp_url: str) -> Iterator[list[TaskQueue]]:
    """Our processor: with `def` stages, and with `async def` ones."""
    port = free_port()
    store_url = (folder / "blobs").as_uri()
    settings = {
        "STAGECAST_AMQP_URL": amqp_url,
        "STAGECAST_STORE_URL": store_url,
        "STAGECAST_PROCESSOR_PORT": str(port),
        "STAGECAST_PROCESSOR_PIPELINES": PIPELINES,
        "STAGECAST_PROCESSOR_CONCURRENCY": str(CONCURRENCY),
    }

    def ours(name: str, pipeline: str, jobs: int) -> TaskQueue:
        return TaskQueue(name, jobs, MESSAGES, EVENTS, "", partial(_our_submission, amqp_url, store_url, pipeline))

    with running("-m", "processor", ready_url=f"http://127.0.0.1:{port}/readyz", settings=settings):
        yield [
            ours("stagecast, def stages", "empty", jobs=150),
            ours("stagecast, async def stages", "empty-async", jobs=400),
        ]


@contextlib.contextmanager
def celery(amqp_url: str) -> Iterator[list[TaskQueue]]:
    command = ("celery", "--quiet", "-A", "bench.peer_celery", "worker", "--pool", "prefork", "-c", str(CONCURRENCY))
    with _peer(*command, "--task-events", "--loglevel", "error", amqp_url=amqp_url):
        exchange = Exchange("celeryev", "topic")
        yield _peers("Celery, prefork", "bench.peer_celery", exchange, "task.updated", amqp_url)


@contextlib.contextmanager
def taskiq(amqp_url: str) -> Iterator[list[TaskQueue]]:
    command = ("taskiq", "worker", "--workers", str(CONCURRENCY), "--max-async-tasks", "1", "--log-level", "ERROR")
    with _peer(*command, "bench.peer_taskiq:broker", amqp_url=amqp_url):
        exchange = Exchange("bench.taskiq-updates", "fanout")
        yield _peers("taskiq-aio-pika", "bench.peer_taskiq", exchange, "", amqp_url)


def _peers(name: str, module: str, exchange: Exchange, routing_key: str, amqp_url: str) -> list[TaskQueue]:
    return [
        TaskQueue(
            f"{name}, {messages} messages", 1_000, messages, exchange, routing_key,
            partial(_peer_submission, module, messages, amqp_url),
        )
        for messages in (MESSAGES, FEW_MESSAGES)
    ]  # fmt: skip


@contextlib.contextmanager
def _peer(name: str, *arguments: str, amqp_url: str) -> Iterator[None]:
    process = subprocess.Popen([peers_folder() / name, *arguments], cwd=ROOT, env=_environment(amqp_url))
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


@contextlib.asynccontextmanager
async def _peer_submission(module: str, messages: int, amqp_url: str, count: int) -> AsyncIterator[Submit]:
    async def submit_all() -> None:
        command = (str(peers_folder() / "python"), "-m", module, str(count), str(messages))
        process = await asyncio.create_subprocess_exec(*command, cwd=ROOT, env=_environment(amqp_url))
        if await process.wait():
            raise RuntimeError(f"{module} could not submit")

    yield submit_all
