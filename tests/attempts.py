"""An attempt at a job, without the processor around it."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime

from obstore.store import ObjectStore

from contracts.events import Event
from contracts.job import Job
from contracts.record import JobRecord, record_of_upload
from contracts.upload import Upload
from processor.attempt import Attempt
from processor.catalogue import Offer
from processor.chronicle import Chronicle
from processor.folder import JobFolder
from processor.patience import Patience
from processor.story import Story
from processor.workshop import Workshop


def fresh_record(job: Job) -> JobRecord:
    """A job that nobody has begun."""
    return record_of_upload(Upload(job=job, accepted_at=datetime.now(UTC)))


def a_chronicle(
    offer: Offer,
    record: JobRecord,
    store: ObjectStore,
    publish: Callable[[Event], Awaitable[None]],
    *,
    attempt: int = 1,
) -> Chronicle:
    story = Story(offer.pipeline, attempt, "/processors/test", record)
    return Chronicle(story, JobFolder(store, record.job.id, Patience()), publish)


async def run_attempt(chronicle: Chronicle, offer: Offer, workshop: Workshop, *, heartbeat_seconds: float = 60) -> None:
    """From `job.started` to the last stage's end."""
    await chronicle.keep(chronicle.story.started())
    await Attempt(offer, chronicle, workshop, heartbeat_seconds=heartbeat_seconds).run()
