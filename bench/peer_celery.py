"""The peer: Celery as its documentation shows it; events are on, so that its task-state updates are really published.

With `BENCH_QUEUES=quorum` as it has it for RabbitMQ: quorum queues, all that is published confirmed. Else its default,
classic queues and no confirms.

`python -m bench.peer_celery COUNT UPDATES…` submits so many jobs, each a chain of tasks with so many updates each, or
one task; `celery -A bench.peer_celery worker` works.
"""

import os
import sys
from typing import Any

from celery import Celery, chain

app = Celery("bench.peer_celery", broker=os.environ["BENCH_AMQP_URL"], backend=None)
app.conf.update(task_acks_late=True, task_ignore_result=True, worker_send_task_events=True)
if os.environ.get("BENCH_QUEUES") == "quorum":
    app.conf.update(
        task_default_queue="celery.quorum",
        task_default_queue_type="quorum",
        broker_transport_options={"confirm_publish": True},
    )


@app.task(bind=True, name="job")
def job(self: Any, updates: int) -> None:
    for number in range(updates):
        self.send_event("task-updated", stage=number)


if __name__ == "__main__":
    count, *updates = map(int, sys.argv[1:])
    with app.amqp.producer_pool.acquire(block=True) as producer:
        for _ in range(count):
            chain(*(job.si(each) for each in updates)).apply_async(producer=producer)
