"""Giving a dead letter's job to the processors again."""

import asyncio
from dataclasses import dataclass
from datetime import UTC, datetime

import aio_pika
from aio_pika.abc import AbstractChannel
from aio_pika.exceptions import DeliveryError
from obstore.store import ObjectStore

from cli.dead_letter import DeadLetter
from cli.dead_queue import ANSWER_SECONDS, Held
from cli.errors import CannotDoError
from cli.stored_job import has_source, newest_attempt, read_job
from contracts.errors import UnreadableMessageError
from contracts.events import Event, JobFact, JobQueued, encode
from contracts.job import JobRequest
from contracts.record import JobRecord
from contracts.state import JobState
from contracts.topology import EVENT_TOPOLOGY, EVENTS, JOBS, declare, event_key

SOURCE = "/cli"
OVER_SINCE = {
    JobState.COMPLETED: "it has been completed since: drop the letter",
    JobState.CANCELLED: "it has been cancelled since: drop the letter",
}


@dataclass(frozen=True)
class Again:
    """Run it as this attempt."""

    attempt: int


@dataclass(frozen=True)
class Refuse:
    """It must stay where it is."""

    reason: str


def judge(letter: DeadLetter, record: JobRecord | None, *, claimed: int) -> Again | Refuse:
    """Whether a job may run again, by what the store says of it, which is None when its file has gone.

    `claimed` is the highest attempt begun so far.
    """
    assert letter.request is not None, "only a job has a record"
    if record is None:
        return Refuse("its file is no longer in the store: drop the letter")
    if record.state in OVER_SINCE:
        return Refuse(OVER_SINCE[record.state])
    if not letter.is_from_broker and _is_at_work(record):
        return Refuse("it is at work again: drop the letter")
    begun = max(claimed, record.attempt if record.state is not JobState.QUEUED else 0)
    if begun:
        return Again(max(letter.request.attempt, begun + 1))
    return Again(letter.request.attempt if letter.is_from_broker else letter.request.attempt + 1)


def _is_at_work(record: JobRecord) -> bool:
    """One that nobody ever began is queued as attempt 1, one that was queued again as a later one."""
    return record.state in {JobState.RUNNING, JobState.RETRYING} or (
        record.state is JobState.QUEUED and record.attempt > 1
    )


async def replay(held: Held, store: ObjectStore, channel: AbstractChannel) -> None:
    """Publish the job, announce it, and only then take the letter out; a crash in between replays it twice.

    Raises:
        CannotDoError: in one sentence why not; the letter stays.
    """
    letter = held.letter
    if letter.pipeline is None:
        raise CannotDoError("it is no job, and does not say for which pipeline it was: show it, or drop it")
    if letter.request is None:
        await _publish(held.message.body, letter.pipeline, channel)
    else:
        request = await _next_attempt(letter, letter.request, store)
        await _publish(encode(request), letter.pipeline, channel)
        await _announce(request, channel)
    await held.take_out()


async def _next_attempt(letter: DeadLetter, request: JobRequest, store: ObjectStore) -> JobRequest:
    try:
        has_file = await asyncio.to_thread(has_source, store, request.job.id)
        record = await asyncio.to_thread(read_job, store, request.job.id) if has_file else None
    except UnreadableMessageError as error:
        raise CannotDoError(f"its record cannot be read ({error})") from error
    begun = await asyncio.to_thread(newest_attempt, store, request.job.id)
    match judge(letter, record, claimed=begun):
        case Refuse(reason):
            raise CannotDoError(reason)
        case Again(attempt):
            return request.model_copy(update={"attempt": attempt})


async def _publish(body: bytes, pipeline: str, channel: AbstractChannel) -> None:
    message = aio_pika.Message(body, delivery_mode=aio_pika.DeliveryMode.PERSISTENT)
    exchange = await channel.get_exchange(JOBS.name, ensure=False)
    try:
        async with asyncio.timeout(ANSWER_SECONDS):
            await exchange.publish(message, pipeline, mandatory=True)
    except DeliveryError as error:
        raise CannotDoError(f"no processor has offered the pipeline {pipeline!r}") from error


async def _announce(request: JobRequest, channel: AbstractChannel) -> None:
    fact = JobFact(job=request.job, attempt=request.attempt, sequence=0)
    event: Event = JobQueued(source=SOURCE, subject=request.job.id, time=datetime.now(UTC), data=fact)
    message = aio_pika.Message(encode(event), message_id=event.id, content_type="application/cloudevents+json")
    async with asyncio.timeout(ANSWER_SECONDS):
        await declare(channel, *EVENT_TOPOLOGY)
        exchange = await channel.get_exchange(EVENTS.name, ensure=False)
        await exchange.publish(message, event_key(event), mandatory=False)
