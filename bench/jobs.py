"""Jobs: how many a second, beside Celery and taskiq-aio-pika; how soon one starts; what a call of `progress` costs.

`python -m bench.jobs` runs this alone. The peers are installed into an environment of their own.
"""

import asyncio
import contextlib
import statistics
import tempfile
import time
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import aio_pika
import uvloop
from aio_pika.abc import AbstractChannel, AbstractQueue, AbstractQueueIterator

from bench.pipelines import CALLS, eager
from bench.processes import machine, running_broker
from bench.task_queues import CONCURRENCY, Submit, TaskQueue, celery, stagecast, taskiq
from contracts.events import JobCompleted, StageStarted, decode_event
from contracts.logs import configure_logs
from contracts.topology import declare
from processor.testing import run_pipeline

ROUNDS = 3
WARM_UP = 20
STARTS = 100
PATIENCE_SECONDS = 60.0  # for a round, and for a job that starts
LOOK_SECONDS = 0.01


def measure_rates(ours: Sequence[TaskQueue], amqp_url: str) -> None:
    with (
        celery(amqp_url, "classic") as classic,
        celery(amqp_url, "quorum") as quorum,
        taskiq(amqp_url) as taskiqs,
    ):
        peers = [*classic, *quorum, *taskiqs]
        rates: dict[str, list[float]] = {queue.name: [] for queue in [*ours, *peers]}
        for queue in [*ours, *peers]:
            uvloop.run(jobs_per_second(amqp_url, queue, WARM_UP))
        for _ in range(ROUNDS):
            for queue in [*ours, *peers]:
                rates[queue.name].append(uvloop.run(jobs_per_second(amqp_url, queue, queue.jobs)))
    print(f"Jobs/s, {CONCURRENCY} at a time, {ROUNDS} rounds in turn (median), and ours to theirs")
    for queue in ours:
        print(f"  {queue.name:52} {statistics.median(rates[queue.name]):7.1f} /s")
    for peer in peers:
        ratios = " ".join(f"{_ratio(rates[queue.name], rates[peer.name]):6.2f} x" for queue in ours)
        wanted = "  (wanted: 2 x each)" if peer.is_yardstick else ""
        print(f"  {peer.name:52} {statistics.median(rates[peer.name]):7.1f} /s {ratios}{wanted}")


async def jobs_per_second(amqp_url: str, queue: TaskQueue, jobs: int) -> float:
    """From the first message that is seen to the last: by then the submitter is up, and submitting is part of it."""
    async with (
        tally(amqp_url, queue) as (channel, copies),
        queue.submission(jobs) as submit_all,
        asyncio.timeout(PATIENCE_SECONDS),
        asyncio.TaskGroup() as tasks,
    ):
        tasks.create_task(submit_all())
        first = await _counted(channel, copies, 1)
        began = time.monotonic()
        last = await _counted(channel, copies, jobs * queue.messages)
        seconds = time.monotonic() - began
    return (last - first) / queue.messages / seconds


def measure_starts(ours: Sequence[TaskQueue], amqp_url: str) -> None:
    print(f"From the broker's confirm of a job to the receipt of its first `stage.started`, idle, {STARTS} jobs")
    for queue in ours:
        delays = uvloop.run(start_delays(amqp_url, queue))
        median, last = statistics.median(delays), statistics.quantiles(delays, n=100)[98]
        print(f"  {queue.name:52} median {median:5.1f} ms  p99 {last:5.1f} ms  (wanted: median under 20 ms)")


async def start_delays(amqp_url: str, queue: TaskQueue) -> list[float]:
    """Milliseconds; each job is submitted when the one before it has ended."""
    delays = []
    async with tally(amqp_url, queue) as (_, copies), copies.iterator(no_ack=True) as messages:
        for _ in range(STARTS):
            async with asyncio.timeout(PATIENCE_SECONDS), queue.submission(1) as submit_one:
                submitting = asyncio.create_task(_confirmed(submit_one))
                started = await _started(messages)
                delays.append((started - await submitting) * 1000)
    return delays


def measure_progress(folder: Path) -> None:
    run = run_pipeline(eager, b"x", folder)
    microseconds = run.facts["tell_all"]["microseconds"]
    print(f"A call of `stage.progress` in a `def` stage, {CALLS:,} calls of which ten a second are sent")
    print(f"  {microseconds:5.2f} µs  (wanted: under 2 µs)")


@contextlib.asynccontextmanager
async def tally(amqp_url: str, queue: TaskQueue) -> AsyncIterator[tuple[AbstractChannel, AbstractQueue]]:
    """A queue that gets a copy of each message that is told of jobs."""
    async with await aio_pika.connect(amqp_url) as connection, connection.channel() as channel:
        await declare(channel, queue.exchange)
        copies = await channel.declare_queue(exclusive=True)
        await copies.bind(queue.exchange.name, queue.routing_key)
        yield channel, copies


async def _counted(channel: AbstractChannel, copies: AbstractQueue, wanted: int) -> int:
    """How many there are, once there are so many."""
    while True:
        answer = await channel.declare_queue(copies.name, passive=True)
        if (count := answer.declaration_result.message_count or 0) >= wanted:
            return count
        await asyncio.sleep(LOOK_SECONDS)


async def _confirmed(submit: Submit) -> float:
    """When."""
    await submit()
    return time.monotonic()


async def _started(messages: AbstractQueueIterator) -> float:
    """When a job's first stage did; returns when the job is completed."""
    started = 0.0
    async for message in messages:
        event = decode_event(message.body)
        if isinstance(event, StageStarted):
            started = started or time.monotonic()
        elif isinstance(event, JobCompleted):
            break
    return started


def _ratio(ours: Sequence[float], peers: Sequence[float]) -> float:
    return statistics.median(our / their for our, their in zip(ours, peers, strict=True))


def main() -> None:
    configure_logs("bench", level="error", format="auto")
    with tempfile.TemporaryDirectory(prefix="stagecast-bench-") as name, running_broker(Path(name) / "broker") as url:
        (progress := Path(name) / "progress").mkdir()
        measure_progress(progress)
        with stagecast(Path(name), url) as ours:
            measure_starts(ours, url)
            measure_rates(ours, url)


if __name__ == "__main__":
    print(f"On {machine()}:\n")
    main()
