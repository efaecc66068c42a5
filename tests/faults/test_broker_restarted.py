"""The broker stops, or is killed, in the middle of a stage, and comes back.

Pass rule: the job goes on at the stage that it was in and ends exactly once; what was completed is not run again.
"""

from collections.abc import Callable, Iterator
from pathlib import Path

import aio_pika
import pytest

from tests.faults.processes import Broker, Processors, a_broker
from tests.faults.test_processor_killed import asleep, runs_of_the_first_stage, wake
from tests.integration.conftest import Listener
from tests.integration.test_processor import submit


@pytest.fixture
def broker(rabbitmq: None, tmp_path: Path) -> Iterator[Broker]:
    with a_broker(tmp_path / "broker") as broker:
        yield broker


@pytest.mark.parametrize("end", [Broker.stop, Broker.kill])
async def test_a_job_survives_its_broker(broker: Broker, blobs: Path, end: Callable[[Broker], None]) -> None:
    processors = Processors(broker.url, blobs.as_uri())
    try:
        processor = await processors.start("steps")
        async with await aio_pika.connect(broker.url) as connection, connection.channel() as channel:
            events = await Listener.on(channel)
            job_id = await submit(channel, blobs, "steps", b"sleep")
            await asleep(blobs, job_id)
            await broker.remember("jobs.steps")
        end(broker)
        wake(blobs, job_id)
        broker.start()
        await processor.ready()
        async with await aio_pika.connect(broker.url) as connection, connection.channel() as channel:
            events = await Listener.from_the_log(channel)
            await events.until("job.completed")
            last = await submit(channel, blobs, "steps", b"right")
            await events.until("job.completed", count=2)
        assert events.told(last)[-1] == "job.completed"
        assert events.told(job_id).count("job.completed") == 1
        assert events.told(job_id).count("job.started") == 2
        assert runs_of_the_first_stage(blobs, job_id) == "1"
    finally:
        processors.close()
