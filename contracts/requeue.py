"""A job that is queued again by hand: what is recorded, sent and announced.

Whoever does it keeps the record, removes the mark `cancelled.json`, publishes the request, and tells the event: in this
order, and after a crash once more from its beginning. The attempt is claimed once and the event is the same one, so
the second time changes nothing.
"""

from dataclasses import dataclass
from datetime import UTC, datetime

from contracts.events import JobFact, JobQueued
from contracts.job import JobRequest
from contracts.record import JobRecord, record_event
from contracts.state import JobState


@dataclass(frozen=True)
class Requeued:
    """What follows from it."""

    record: JobRecord
    request: JobRequest
    event: JobQueued


def queue_again(record: JobRecord, attempt: int, *, source: str) -> Requeued:
    """Queue a job as this attempt. A record that says so already stays the same object."""
    is_known = record.state is JobState.QUEUED and record.attempt == attempt
    event = JobQueued(
        id=f"{record.job.id}.{attempt}.0",
        source=source,
        subject=record.job.id,
        time=record.heard_at if is_known else datetime.now(UTC),
        data=JobFact(job=record.job, attempt=attempt, sequence=0),
    )
    request = JobRequest(job=record.job, attempt=attempt, accepted_at=record.queued_at)
    return Requeued(record_event(record, event), request, event)
