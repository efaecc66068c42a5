"""Jobs without an upload: what a gateway would have stored, and the message by which it would have asked for each."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime

import aio_pika
import obstore
from aio_pika.abc import AbstractChannel
from uuid_utils import uuid7

from contracts.blobs import open_store, record_key, source_key, upload_key
from contracts.events import encode
from contracts.job import Job, JobRequest
from contracts.record import decode_record
from contracts.state import JobState
from contracts.topology import JOBS
from contracts.upload import Upload

SOURCE = b"x"


def prepare(store_url: str, pipeline: str, count: int) -> list[JobRequest]:
    """Store what so many jobs need."""
    store, requests = open_store(store_url), []
    for _ in range(count):
        job = Job(id=str(uuid7()), name="one.byte", size=len(SOURCE), pipeline=pipeline)
        accepted_at = datetime.now(UTC)
        obstore.put(store, source_key(job.id), SOURCE)
        obstore.put(store, upload_key(job.id), encode(Upload(job=job, accepted_at=accepted_at)))
        requests.append(JobRequest(job=job, accepted_at=accepted_at))
    return requests


async def submit(channel: AbstractChannel, requests: Sequence[JobRequest]) -> None:
    """As the gateway does; returns when the broker has confirmed all."""
    exchange = await channel.get_exchange(JOBS.name, ensure=False)
    persistent = aio_pika.DeliveryMode.PERSISTENT
    await asyncio.gather(
        *(
            exchange.publish(
                aio_pika.Message(encode(request), message_id=request.job.id, delivery_mode=persistent),
                request.job.pipeline,
                mandatory=True,
            )
            for request in requests
        )
    )


def check(store_url: str, requests: Sequence[JobRequest]) -> None:
    """Raises RuntimeError when the record of one does not say that it is completed, at its first attempt."""
    store = open_store(store_url)
    for request in requests:
        record = decode_record(bytes(obstore.get(store, record_key(request.job.id)).bytes()))
        if record.state is not JobState.COMPLETED or record.attempt != 1:
            raise RuntimeError(f"job {request.job.id} is {record.state} at attempt {record.attempt}")
