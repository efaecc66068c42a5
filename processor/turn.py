"""One processor's turn at a job: an attempt, run, judged, and brought to its outcome."""

import asyncio
import random
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import Enum

import structlog
from opentelemetry.trace import SpanKind

from contracts.broker import describe
from contracts.claims import Claim
from contracts.job import JobRequest
from contracts.state import JobState
from contracts.traces import span
from processor.attempt import Attempt
from processor.catalogue import Offer
from processor.chronicle import Chronicle
from processor.delivery import Announcer
from processor.errors import (
    HandedBackError,
    JobCancelledError,
    JobTimedOutError,
    PermanentFailure,
    ProcessorFaultError,
    StageCrashedError,
    StageRaisedError,
    StageTimedOutError,
    SupersededError,
)
from processor.stops import Stops
from processor.tracer import TRACER
from processor.verdict import Ack, Chances, DeadLetter, Retry, Verdict, judge
from processor.workshop import Workshop

STAGE_ERRORS = (PermanentFailure, StageRaisedError, StageCrashedError, StageTimedOutError)
FAREWELL_SECONDS = 1.0  # for the last words of an attempt that ends without an outcome

log: structlog.stdlib.BoundLogger = structlog.get_logger()


class Settlement(Enum):
    """What to do with the message that brought the job."""

    ACK = "ack"
    GIVE_BACK = "give back"


@dataclass(frozen=True)
class Means:
    """What every turn works with."""

    workshop: Workshop
    announcer: Announcer
    stops: Stops


class Turn:
    """An attempt that is ours. Its outcome is recorded first, announced next, then sent on; acknowledged last."""

    def __init__(self, request: JobRequest, offer: Offer, claim: Claim, chronicle: Chronicle, means: Means) -> None:
        self._request = request
        self._offer = offer
        self._claim = claim
        self._chronicle = chronicle
        self._story = chronicle.story
        self._folder = chronicle.folder
        self._means = means

    async def run(self, *, give_up: str | None = None) -> Settlement:
        """Run the attempt to its outcome, or until it is stopped; `give_up` ends it as failed instead, for that."""
        try:
            with span(TRACER, "job attempt", kind=SpanKind.CONSUMER, attributes=self._attributes()):
                return await self._run(give_up)
        except SupersededError as error:
            log.warning("attempt.superseded", attempt=self._claim.attempt, reason=str(error))
            return Settlement.ACK
        except asyncio.CancelledError:  # the connection is lost: the broker has the message again
            log.info("attempt.cut_off", attempt=self._claim.attempt)
            await self._release()
            raise
        finally:
            await self._chronicle.close()

    def _attributes(self) -> dict[str, str | int]:
        job = self._request.job
        return {
            "stagecast.job_id": job.id,
            "stagecast.pipeline": job.pipeline,
            "stagecast.attempt": self._claim.attempt,
        }

    async def _run(self, give_up: str | None) -> Settlement:
        attempt = Attempt(self._offer, self._chronicle, self._means.workshop)
        log.info("job.started", attempt=self._claim.attempt, stage=attempt.stage)
        try:
            verdict = await self._verdict_on(attempt, give_up)
        except JobCancelledError:
            await self._cancel()
            return Settlement.ACK
        except HandedBackError:
            await self._hand_back()
            return Settlement.GIVE_BACK
        await self._carry_out(verdict, seconds=attempt.seconds)
        return Settlement.ACK

    async def _verdict_on(self, attempt: Attempt, give_up: str | None) -> Verdict:
        try:
            async with self._means.stops.stoppable(self._request.job.id) as stop:
                await self._begin()
                if give_up is not None:
                    return DeadLetter(give_up)
                if (left := self._time_left()) is not None:
                    late = JobTimedOutError(f"the job took longer than {self._offer.pipeline.timeout} and was ended")
                    stop.after(left.total_seconds(), late)
                error = await self._run_stages(attempt)
        except JobTimedOutError as late:
            error = late
        return judge(error, self._chances(attempt), luck=random.random())  # noqa: S311 - jitter, no secret

    async def _begin(self) -> None:
        """Record that it runs, and only then look whether it may: who cancels it marks first, and then reads that."""
        story = self._story
        if story.record.state is JobState.FAILED:
            self._chronicle.note(story.queued())
        elif story.record.state is JobState.RUNNING:
            reason = f"the processor of attempt {story.record.attempt} ended without a word"
            self._chronicle.note(story.retrying(reason=reason, retry_at=datetime.now(UTC)))
        await self._chronicle.begin(story.started())
        if self._claim.attempt > 1:
            await self._folder.remove_unfinished()
        if await self._folder.is_cancelled():
            raise JobCancelledError

    async def _run_stages(self, attempt: Attempt) -> Exception | None:
        try:
            await attempt.run()
        except STAGE_ERRORS as error:
            return error
        except SupersededError:
            raise
        except Exception as fault:  # ours, or the machine's: a full disk, a broken folder
            log.exception("attempt.broken")
            broken = ProcessorFaultError(f"the processor could not go on: {describe(fault)}")
            if not attempt.has_told_failure:
                self._chronicle.note(self._story.stage_failed(attempt.stage, seconds=0, progress=0, reason=str(broken)))
            return broken
        return None

    async def _carry_out(self, verdict: Verdict, *, seconds: float) -> None:
        story, announcer = self._story, self._means.announcer
        following = self._request.model_copy(update={"attempt": self._claim.attempt + 1})
        match verdict:
            case Ack():
                await self._chronicle.keep(story.completed(seconds=seconds))
                log.info("job.completed", seconds=seconds)
            case Retry(after=after, reason=reason):
                await self._chronicle.keep(story.retrying(reason=reason, retry_at=datetime.now(UTC) + after))
                if await self._folder.is_cancelled():  # asked for while it still ran, and too late to end it there
                    await self._cancel()
                    return
                await announcer.retry_later(following, after)
                log.info("job.retrying", after=after.total_seconds(), reason=reason)
            case DeadLetter(reason=reason):
                await self._chronicle.keep(story.failed(reason=reason))
                await self._folder.remove_unfinished()
                await announcer.bury(following.model_dump_json().encode(), reason)
                log.warning("job.failed", reason=reason)

    async def _cancel(self) -> None:
        await self._folder.remove_half_done(self._story.record)
        if not self._story.record.state.is_terminal:
            await self._chronicle.keep(self._story.cancelled())
        log.info("job.cancelled")

    async def _hand_back(self) -> None:
        """Say that another processor goes on. Untold, it goes on all the same: the broker has the message again."""
        log.info("job.handed_back", attempt=self._claim.attempt)
        with suppress(TimeoutError):
            async with asyncio.timeout(FAREWELL_SECONDS):
                await self._chronicle.save()
                await self._folder.release(self._claim)
                if self._story.record.state is JobState.RUNNING:
                    reason = "its processor stops; another one goes on"
                    await self._chronicle.keep(self._story.retrying(reason=reason, retry_at=datetime.now(UTC)))

    async def _release(self) -> None:
        if self._chronicle.has_outcome:
            return  # whoever has the message next looks for it in the record
        with suppress(TimeoutError, SupersededError):
            async with asyncio.timeout(FAREWELL_SECONDS):
                await self._chronicle.save()
                await self._folder.release(self._claim)

    def _chances(self, attempt: Attempt) -> Chances:
        stages = self._offer.pipeline.stages
        stage = stages[min(attempt.stage, len(stages) - 1)]
        failures = self._story.record.failures.get(stage.name, 0)
        return Chances(failures=failures, retries=stage.retries, time_left=self._time_left())

    def _time_left(self) -> timedelta | None:
        limit, begun_at = self._offer.pipeline.timeout, self._story.record.begun_at
        if limit is None:
            return None
        return limit if begun_at is None else limit - (datetime.now(UTC) - begun_at)
