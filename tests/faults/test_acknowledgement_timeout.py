"""The broker takes a job away, because it was not acknowledged in the broker's time.

Pass rule: the processor says so, in its log and at `/readyz`, and the job comes to its end all the same. It takes one
of the broker's rounds, which here it makes every second and otherwise once a minute.
"""

from pathlib import Path

import aio_pika
import httpx
import pytest

from tests.faults.processes import Processors, a_broker
from tests.faults.test_processor_killed import asleep, runs_of_the_first_stage, wake
from tests.ground import wait_until_async
from tests.integration.conftest import Listener
from tests.integration.test_processor import submit

OFTEN = "application:set_env(rabbit, channel_tick_interval, 1000)."  # Erlang, for the broker: of channels opened later


@pytest.mark.timeout(300)
async def test_a_broker_that_takes_long_jobs_away_is_told_of(rabbitmq: None, blobs: Path, tmp_path: Path) -> None:
    conf = tmp_path / "broker" / "conf.d" / "short.conf"
    conf.parent.mkdir(parents=True)
    conf.write_text("consumer_timeout = 1000\n")
    with a_broker(tmp_path / "broker") as broker:
        broker.control("eval", OFTEN)
        processors = Processors(broker.url, blobs.as_uri())
        try:
            processor = await processors.start("steps")
            assert "takes_jobs_away" not in processor.said
            async with await aio_pika.connect(broker.url) as connection, connection.channel() as channel:
                events = await Listener.on(channel)
                job_id = await submit(channel, blobs, "steps", b"sleep")
                await asleep(blobs, job_id)
                wake(blobs, job_id)
                await wait_until_async(lambda: "takes_jobs_away" in processor.said, 150, what="the broker's round")
                await events.until("job.completed")
            async with httpx.AsyncClient() as client:
                answer = (await client.get(f"{processor.url}/readyz")).json()
        finally:
            processors.close()
    assert "after 0:00:01: jobs of steps may run longer" in answer["concerns"]["acknowledgement timeout"]
    assert runs_of_the_first_stage(blobs, job_id) == "1"
