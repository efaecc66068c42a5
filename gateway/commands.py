"""Commands on a job: end it, or try it again. Each may be repeated until it is answered."""

from datetime import UTC, datetime, timedelta
from enum import Enum
from typing import Protocol

import structlog

from contracts.control import Cancel
from contracts.events import Event, JobCancelled, JobFact
from contracts.job import JobRequest
from contracts.record import JobRecord, record_event
from contracts.requeue import queue_again
from contracts.state import JobState
from gateway.errors import ConflictError
from gateway.records import Records

PATIENCE = timedelta(seconds=10)  # a processor that hears of it ends a job within 2 s

log: structlog.stdlib.BoundLogger = structlog.get_logger()


class Messenger(Protocol):
    """What commands need of the broker. Each raises `NotReadyError` when it has not confirmed in time."""

    async def require(self, pipeline: str) -> None:
        """Refuse a pipeline that no processor offers."""

    async def submit(self, request: JobRequest) -> None: ...

    async def tell(self, event: Event) -> None: ...

    async def command(self, cancel: Cancel) -> None:
        """To all processors."""


class Cancelling(Enum):
    """Who ends a job that is to end."""

    NOBODY = "it is over"
    ALREADY = "it was cancelled"
    GATEWAY = "no processor has it"
    PROCESSOR = "one runs it, or will have it again"
    SUCCESSOR = "one had it, and was asked to end it before"


def who_cancels(state: JobState, *, asked_for: timedelta = timedelta(0)) -> Cancelling:
    """A job that waits is ended here: its message, when it comes up, finds that out.

    So is one that still runs when it is asked for again: its processor died, and perhaps its message was lost too.
    """
    match state:
        case JobState.CANCELLED:
            return Cancelling.ALREADY
        case JobState.QUEUED | JobState.RETRYING:
            return Cancelling.GATEWAY
        case JobState.RUNNING:
            return Cancelling.PROCESSOR if asked_for < PATIENCE else Cancelling.SUCCESSOR
        case _:
            return Cancelling.NOBODY


class Commands:
    """Carries commands out, as far as that can be done here."""

    def __init__(self, records: Records, messenger: Messenger, *, source: str) -> None:
        self._records = records
        self._messenger = messenger
        self._source = source

    async def cancel(self, job_id: str) -> JobRecord:
        """End a job. A running one ends within moments after this returns; else, asked again later, before it returns.

        Mark first, and only then read who has the job: its processor records that it runs, and only then looks for the
        mark. So at least one of us sees the other.

        Raises:
            NotFoundError: there is no such job.
            ConflictError: it is over.
            NotReadyError: store or broker are away; sent again, the command goes on where it was.
        """
        record, asked_for = await self._records.find(job_id), timedelta(0)
        if who_cancels(record.state) in {Cancelling.GATEWAY, Cancelling.PROCESSOR}:
            asked_for = datetime.now(UTC) - await self._records.mark_cancelled(job_id)
            await self._messenger.command(Cancel(job_id=job_id))
            record = await self._records.find(job_id)
        match who_cancels(record.state, asked_for=asked_for):
            case Cancelling.NOBODY:
                await self._records.unmark_cancelled(job_id)
                raise ConflictError(f"the job is over: it has {record.state}")
            case Cancelling.ALREADY:
                if record.outcome is not None:  # who recorded it may not have told it
                    await self._messenger.tell(record.outcome)
            case Cancelling.GATEWAY:
                record = await self._end(record, attempt=record.attempt, sequence=record.sequence + 1)
            case Cancelling.SUCCESSOR:
                record = await self._take_over(record)
            case Cancelling.PROCESSOR:
                pass
        log.info("job.cancelling", job_id=job_id, state=record.state)
        return record

    async def retry(self, job_id: str) -> JobRecord:
        """Queue a failed or cancelled job again; it goes on at the stage that did not end well.

        Raises:
            NotFoundError: there is no such job.
            ConflictError: it has not failed, nor was it cancelled.
            UnknownPipelineError, NotReadyError: as for an upload; sent again, the command goes on where it was.
        """
        record = await self._records.find(job_id)
        attempt = record.attempt
        if record.state in {JobState.FAILED, JobState.CANCELLED}:
            await self._messenger.require(record.job.pipeline)
            attempt = max(attempt, await self._records.newest_attempt(job_id)) + 1
        elif record.state is not JobState.QUEUED or attempt == 1:
            raise ConflictError(f"only a failed or cancelled job can be tried again; this one is {record.state}")
        queued = queue_again(record, attempt, source=self._source)
        if queued.record is not record:
            await self._records.keep(queued.record)
        await self._records.unmark_cancelled(job_id)
        # Sent twice, it is run once: an attempt has one processor.
        await self._messenger.submit(queued.request)
        await self._messenger.tell(queued.event)
        log.info("job.queued_again", job_id=job_id, attempt=attempt)
        return queued.record

    async def _take_over(self, record: JobRecord) -> JobRecord:
        """End a running job as the attempt after its processor's, which from then on tells nothing more of it."""
        attempt = await self._records.overtake(record.job.id, holder=self._source)
        if attempt is None:  # another processor has just begun it, and finds the mark
            return record
        return await self._end(record, attempt=attempt, sequence=1)

    async def _end(self, record: JobRecord, *, attempt: int, sequence: int) -> JobRecord:
        data = JobFact(job=record.job, attempt=attempt, sequence=sequence)
        event = JobCancelled(source=self._source, subject=record.job.id, data=data)
        ended = record_event(record, event)
        await self._records.remove_half_done(record)
        await self._records.keep(ended)
        await self._messenger.tell(event)
        return ended
