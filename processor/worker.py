"""One delivery from its arrival to its end: read it, run it, judge, act."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Protocol

import structlog

from contracts.broker import describe
from contracts.errors import UnreadableMessageError
from contracts.events import Event
from contracts.job import JobRequest, decode_job_request
from processor.attempt import Attempt, Workshop
from processor.catalogue import Offer
from processor.errors import (
    PermanentFailure,
    ProcessorFaultError,
    StageCrashedError,
    StageRaisedError,
    StageTimedOutError,
)
from processor.story import Story
from processor.verdict import Ack, DeadLetter, Retry, Verdict, judge

# Below the queue's own delivery limit, which would end a job without a word to those who watch it.
MAX_RETURNS = 10
STAGE_ERRORS = (PermanentFailure, StageRaisedError, StageCrashedError, StageTimedOutError)

log: structlog.stdlib.BoundLogger = structlog.get_logger()


class Delivery(Protocol):
    """A message in hand, to be settled exactly once."""

    @property
    def body(self) -> bytes: ...

    @property
    def returns(self) -> int:
        """How often it was delivered before without being settled."""

    async def ack(self) -> None:
        """The message is done with."""

    async def give_back(self) -> None:
        """Somebody should try again; the broker counts how often."""


class Announcer(Protocol):
    """What the worker tells the broker. Each returns when the broker has confirmed, however long it was away.

    Who waits is cancelled when the connection that brought the job is lost.
    """

    async def publish(self, event: Event) -> None: ...

    async def retry_later(self, request: JobRequest, after: timedelta) -> None: ...

    async def bury(self, body: bytes, reason: str) -> None:
        """To the dead letters."""


@dataclass(frozen=True)
class Worker:
    """Works on deliveries, each on its own."""

    catalogue: Mapping[str, Offer]
    workshop: Workshop
    announcer: Announcer
    source: str

    async def work(self, delivery: Delivery) -> None:
        """Run a delivery to its end. It is acknowledged after its outcome is announced, so none is lost."""
        try:
            request = decode_job_request(delivery.body)
            offer = self._offer_of(request)
        except UnreadableMessageError as error:
            log.warning("job.unreadable", reason=str(error), size=len(delivery.body))
            await self.announcer.bury(delivery.body, str(error))
            await delivery.ack()
            return
        with structlog.contextvars.bound_contextvars(job_id=request.job.id, pipeline=request.job.pipeline):
            story = Story(request.job, request.attempt + delivery.returns, offer.pipeline, self.source)
            if delivery.returns > MAX_RETURNS:
                await self._give_up(request, story, returns=delivery.returns)
            else:
                await self._run(request, offer, story)
        await delivery.ack()

    def _offer_of(self, request: JobRequest) -> Offer:
        offer = self.catalogue.get(request.job.pipeline)
        if offer is None:
            raise UnreadableMessageError(f"no job for this queue: it wants the pipeline {request.job.pipeline!r}")
        return offer

    async def _give_up(self, request: JobRequest, story: Story, *, returns: int) -> None:
        await self.announcer.publish(story.started())
        reason = f"given up: {returns} processors took the job, and none of them lived to tell its outcome"
        await self._carry_out(DeadLetter(reason), request, story, seconds=0)

    async def _run(self, request: JobRequest, offer: Offer, story: Story) -> None:
        running = Attempt(offer, story, self.workshop, self.announcer.publish)
        log.info("job.started", attempt=story.attempt)
        error: Exception | None = None
        try:
            await running.run()
        except STAGE_ERRORS as stage_error:
            error = stage_error
        except Exception as fault:  # ours, or the machine's: a full disk, a store that is away
            log.exception("attempt.broken")
            error = ProcessorFaultError(f"the processor could not go on: {describe(fault)}")
        retries = offer.pipeline.stages[running.stage].retries
        verdict = judge(error, attempt=story.attempt, retries=retries)
        await self._carry_out(verdict, request, story, seconds=running.seconds)

    async def _carry_out(self, verdict: Verdict, request: JobRequest, story: Story, *, seconds: float) -> None:
        match verdict:
            case Ack():
                await self.announcer.publish(story.completed(seconds=seconds))
                log.info("job.completed", seconds=seconds)
            case Retry(after=after, reason=reason):
                await self.announcer.publish(story.retrying(reason=reason, retry_at=datetime.now(UTC) + after))
                await self.announcer.retry_later(request.model_copy(update={"attempt": story.attempt + 1}), after)
                log.info("job.retrying", after=after.total_seconds(), reason=reason)
            case DeadLetter(reason=reason):
                await self.announcer.publish(story.failed(reason=reason))
                await self.announcer.bury(request.model_dump_json().encode(), reason)
                log.warning("job.failed", reason=reason)


class Workers:
    """So many at a time; when they are asked to stop, those at work get a grace period."""

    def __init__(self, worker: Worker, *, concurrency: int, grace_seconds: float) -> None:
        self.concurrency = concurrency
        self._worker = worker
        self._grace_seconds = grace_seconds
        self._finishing = False
        self._slots = asyncio.Semaphore(concurrency)
        self._running: set[asyncio.Task[None]] = set()

    async def work(self, delivery: Delivery) -> None:
        """Work on a delivery as soon as there is a slot."""
        async with self._slots:
            task = asyncio.current_task()
            assert task is not None
            self._running.add(task)
            try:
                if self._finishing:
                    await delivery.give_back()
                else:
                    await self._worker.work(delivery)
            except Exception:  # the edge of one delivery: a fault in here must not end the others
                log.exception("delivery.given_back")
                await delivery.give_back()
            finally:
                self._running.discard(task)

    async def finish(self) -> None:
        """Begin no more, and wait for those at work: for the grace period at most."""
        self._finishing = True
        if self._running:
            log.info("worker.finishing", jobs=len(self._running), seconds=self._grace_seconds)
            await asyncio.wait(self._running, timeout=self._grace_seconds)
