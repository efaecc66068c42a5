"""Giving a dead letter's job to the processors again."""

import asyncio
from dataclasses import dataclass

import aio_pika
from aio_pika.abc import AbstractChannel
from aio_pika.exceptions import DeliveryError
from obstore.store import ObjectStore

from cli.dead_letter import DeadLetter
from cli.dead_queue import ANSWER_SECONDS, DeadQueue, Held
from cli.errors import CannotDoError
from cli.stored_job import has_source, keep_record, newest_claim, read_job, unmark_cancelled
from contracts.claims import Claim
from contracts.errors import UnreadableMessageError
from contracts.events import Event, encode
from contracts.job import JobRequest
from contracts.record import JobRecord
from contracts.requeue import queue_again
from contracts.state import JobState
from contracts.topology import EVENT_TOPOLOGY, EVENTS, JOBS, declare, event_key

SOURCE = "/cli"
AT_WORK = "it is at work again: drop the letter"
OVER_SINCE = {
    JobState.COMPLETED: "it has been completed since: drop the letter",
    JobState.CANCELLED: "it has been cancelled since: drop the letter",
}


@dataclass(frozen=True)
class QueueAgain:
    """It waits or has failed: queue it as this attempt, by hand."""

    attempt: int


@dataclass(frozen=True)
class SendAgain:
    """It is not over, and its message was lost: send that again, for this attempt, and change nothing else."""

    attempt: int


@dataclass(frozen=True)
class Refuse:
    """It must stay where it is."""

    reason: str


def judge(letter: DeadLetter, record: JobRecord | None, newest: Claim | None) -> QueueAgain | SendAgain | Refuse:
    """What becomes of a job, by what the store says of it, whose record is None when its file has gone.

    `newest` is the claim of the highest attempt begun so far.
    """
    assert letter.request is not None, "only a job has a record"
    asked = letter.request.attempt
    if record is None:
        return Refuse("its file is no longer in the store: drop the letter")
    if record.state in OVER_SINCE:
        return Refuse(OVER_SINCE[record.state])
    following = max(asked, newest.attempt + 1 if newest else 1)
    if record.state is JobState.FAILED:
        return QueueAgain(max(following, record.attempt + 1))
    if record.state is JobState.QUEUED:
        was_queued_again = record.attempt > (asked if letter.is_from_broker else 1)
        return QueueAgain(record.attempt if was_queued_again else following)
    if not letter.is_from_broker or (newest is not None and newest.request > asked):
        return Refuse(AT_WORK)
    return SendAgain(max(following, record.attempt + 1))


async def replay(held: Held, store: ObjectStore, queue: DeadQueue) -> None:
    """Give the job back, and only then take the letter out; broken off, it may be done once more.

    Raises:
        CannotDoError: in one sentence why not; the letter stays.
    """
    letter = held.letter
    if letter.pipeline is None:
        raise CannotDoError("it is no job, and does not say for which pipeline it was: show it, or drop it")
    if not await queue.is_offered(letter.pipeline):
        raise CannotDoError(_unoffered(letter.pipeline))
    if letter.request is None:
        await _publish(held.message.body, letter.pipeline, queue.channel)
    else:
        await _replay_job(letter, letter.request, store, queue.channel)
    await held.take_out()


async def _replay_job(letter: DeadLetter, request: JobRequest, store: ObjectStore, channel: AbstractChannel) -> None:
    record, newest = await _known(store, request.job.id)
    match judge(letter, record, newest):
        case Refuse(reason):
            raise CannotDoError(reason)
        case SendAgain(attempt):
            await _submit(request.model_copy(update={"attempt": attempt}), channel)
        case QueueAgain(attempt):
            assert record is not None, "what has no record is refused"
            await _queue_again(record, attempt, store, channel)


async def _known(store: ObjectStore, job_id: str) -> tuple[JobRecord | None, Claim | None]:
    try:
        if not await asyncio.to_thread(has_source, store, job_id):
            return None, None
        record = await asyncio.to_thread(read_job, store, job_id)
        return record, await asyncio.to_thread(newest_claim, store, job_id)
    except UnreadableMessageError as error:
        raise CannotDoError(f"its record cannot be read ({error})") from error


async def _queue_again(record: JobRecord, attempt: int, store: ObjectStore, channel: AbstractChannel) -> None:
    """In the order, and with the right to be repeated, of `contracts/requeue.py`."""
    queued = queue_again(record, attempt, source=SOURCE)
    if queued.record is not record:
        await asyncio.to_thread(keep_record, store, queued.record)
    await asyncio.to_thread(unmark_cancelled, store, record.job.id)
    await _submit(queued.request, channel)
    await _tell(queued.event, channel)


async def _submit(request: JobRequest, channel: AbstractChannel) -> None:
    await _publish(encode(request), request.job.pipeline, channel)


async def _publish(body: bytes, pipeline: str, channel: AbstractChannel) -> None:
    message = aio_pika.Message(body, delivery_mode=aio_pika.DeliveryMode.PERSISTENT)
    exchange = await channel.get_exchange(JOBS.name, ensure=False)
    try:
        async with asyncio.timeout(ANSWER_SECONDS):
            await exchange.publish(message, pipeline, mandatory=True)
    except DeliveryError as error:
        raise CannotDoError(_unoffered(pipeline)) from error


async def _tell(event: Event, channel: AbstractChannel) -> None:
    message = aio_pika.Message(encode(event), message_id=event.id, content_type="application/cloudevents+json")
    async with asyncio.timeout(ANSWER_SECONDS):
        await declare(channel, *EVENT_TOPOLOGY)
        exchange = await channel.get_exchange(EVENTS.name, ensure=False)
        await exchange.publish(message, event_key(event), mandatory=False)


def _unoffered(pipeline: str) -> str:
    return f"no processor has offered the pipeline {pipeline!r}"
