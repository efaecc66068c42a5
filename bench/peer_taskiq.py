"""The peer: taskiq-aio-pika. It has no task-state updates, so its task publishes them, by the broker's own channel.

`python -m bench.peer_taskiq COUNT UPDATES` submits; `taskiq worker bench.peer_taskiq:broker` works.
"""

import asyncio
import json
import os
import sys

import aio_pika
from taskiq import Context, TaskiqDepends
from taskiq_aio_pika import AioPikaBroker

UPDATES = "bench.taskiq-updates"

broker = AioPikaBroker(os.environ["BENCH_AMQP_URL"])


@broker.task(task_name="job")
async def job(updates: int, context: Context = TaskiqDepends()) -> None:  # noqa: B008 - so its documentation has it
    exchange = await broker.write_channel.get_exchange(UPDATES, ensure=False)
    for number in range(updates):
        body = json.dumps({"type": "task-updated", "uuid": context.message.task_id, "stage": number})
        await exchange.publish(aio_pika.Message(body.encode(), content_type="application/json"), "")


async def submit(count: int, updates: int) -> None:
    await broker.startup()
    await asyncio.gather(*(job.kiq(updates) for _ in range(count)))
    await broker.shutdown()


if __name__ == "__main__":
    asyncio.run(submit(int(sys.argv[1]), int(sys.argv[2])))
