"""What the store still knows of jobs, in the order in which it is made known."""

from datetime import UTC, datetime
from pathlib import Path

from obstore.store import LocalStore
from uuid_utils import uuid7

from contracts.job import Job
from contracts.record import JobRecord, write_record
from contracts.state import JobState
from notifier.archive import Archive
from notifier.jobs import Jobs
from tests.samples import JOB_ID, a_story

NOW = datetime.now(UTC)


async def kept(store: LocalStore, state: JobState) -> str:
    """A job that is kept; each is newer than the one before."""
    job = Job(id=str(uuid7()), name="a.csv", size=1, pipeline="inspect")
    record = JobRecord(job=job, state=state, attempt=1, sequence=9, queued_at=NOW, heard_at=NOW)
    await write_record(store, record)
    return job.id


async def test_the_newest_are_found_the_oldest_of_them_first(tmp_path: Path) -> None:
    store = LocalStore(tmp_path)
    ids = [await kept(store, JobState.COMPLETED) for _ in range(4)]
    assert [record.job.id for record in await Archive(store).newest(3)] == ids[1:]


async def test_of_what_was_learned_from_the_store_the_oldest_leaves_first(tmp_path: Path) -> None:
    store, jobs = LocalStore(tmp_path), Jobs(keep_finished=3)
    oldest, *others = [await kept(store, JobState.COMPLETED) for _ in range(3)]
    for record in await Archive(store).newest(3):
        jobs.learn(record)
    for event in a_story():
        jobs.apply(event)
    assert {known.snapshot.job.id for known in jobs} == {*others, JOB_ID}
    assert oldest not in others
