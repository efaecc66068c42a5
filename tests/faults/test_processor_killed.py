"""A processor is killed with SIGKILL in the middle of a stage.

Pass rule: its stage dies with it, and another processor brings the job to its end as a later attempt.
"""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
from aio_pika.abc import AbstractChannel

from tests.ground import wait_until_async
from tests.integration.conftest import Listener
from tests.integration.test_processor import submit
from tests.services import answering, free_port
from tests.stack import PROJECT, clean_environment


@contextmanager
def processor(broker_url: str, store_url: str, port: int) -> Iterator[subprocess.Popen[bytes]]:
    settings = {
        "STAGECAST_AMQP_URL": broker_url,
        "STAGECAST_STORE_URL": store_url,
        "STAGECAST_PROCESSOR_PORT": str(port),
        "STAGECAST_PROCESSOR_PIPELINES": "tests.pipelines:trouble",
    }
    command = [sys.executable, "-m", "processor"]
    with subprocess.Popen(command, cwd=PROJECT, env={**clean_environment(), **settings}) as process:
        try:
            yield process
        finally:
            process.terminate()


async def test_a_killed_processor_loses_no_job_and_leaves_no_stage(
    broker_url: str,
    blobs: Path,
    channel: AbstractChannel,
    events: Listener,
) -> None:
    port = free_port()
    with processor(broker_url, blobs.as_uri(), port) as killed:
        await answering(f"http://127.0.0.1:{port}/readyz")
        job_id = await submit(channel, blobs, "trouble", b"silent")
        await events.until("stage.progressed")
        family = psutil.Process(killed.pid).children(recursive=True)
        os.kill(killed.pid, signal.SIGKILL)
        await wait_until_async(lambda: not any(is_alive(child) for child in family), 30, what="the stage's end")
    (blobs / "jobs" / job_id / "source").write_bytes(b"nothing of the kind now")
    port = free_port()
    with processor(broker_url, blobs.as_uri(), port):
        told = await events.until("job.completed")
    assert told[-1].data.attempt == 2


def is_alive(process: psutil.Process) -> bool:
    return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
