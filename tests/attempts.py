"""An attempt at a job, without the processor around it."""

from datetime import UTC, datetime

from obstore.store import ObjectStore

from contracts.job import Job
from contracts.record import JobRecord, record_of_upload
from contracts.upload import Upload
from processor.attempt import Attempt
from processor.catalogue import Offer
from processor.chronicle import Chronicle, Publish
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
    publish: Publish,
    *,
    attempt: int = 1,
    heartbeat_seconds: float = 60,
) -> Chronicle:
    story = Story(offer.pipeline, attempt, "/processors/test", record)
    return Chronicle(story, JobFolder(store, record.job.id, Patience()), publish, heartbeat_seconds=heartbeat_seconds)


async def run_attempt(chronicle: Chronicle, offer: Offer, workshop: Workshop) -> None:
    """From `job.started` to the last stage's end, all told."""
    try:
        await chronicle.keep(chronicle.story.started())
        try:
            await Attempt(offer, chronicle, workshop).run()
        finally:
            await chronicle.catch_up()
    finally:
        await chronicle.close()
