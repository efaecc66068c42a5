"""Which folders go, and that they go whole; on a folder and on a store that is none."""

import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import obstore
import pytest
from obstore.store import LocalStore, MemoryStore, ObjectStore
from uuid_utils import uuid7

from cli.job_folder import JobFolder, Keep, Remove, judge, read_folder, remove_folder
from cli.key_record import KeyRecord, judge_key
from cli.prune import Pruning
from cli.stored_job import read_job
from contracts.blobs import artifact_key, idempotency_key, record_key, source_key, upload_key
from contracts.events import encode
from contracts.job import Job
from contracts.record import JobRecord
from contracts.state import JobState
from contracts.upload import KeptUpload, Upload

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
BEFORE = NOW - timedelta(days=30)
OLD = NOW - timedelta(days=31)
YOUNG = NOW - timedelta(days=29)


def record(job_id: str, state: JobState, ended_at: datetime | None) -> JobRecord:
    job = Job(id=job_id, name="a.txt", size=1, pipeline="count")
    return JobRecord(job=job, state=state, attempt=1, sequence=1, queued_at=OLD, heard_at=OLD, ended_at=ended_at)


def folder(
    state: JobState | None, *, ended_at: datetime | None = None, changed_at: datetime = OLD, started: bool = True
) -> JobFolder:
    job_id = str(uuid7())
    keys = (record_key(job_id),) if started else ()
    return JobFolder(job_id, keys, 1, changed_at, record(job_id, state, ended_at) if state else None)


@pytest.mark.parametrize(
    ("found", "unstarted", "verdict"),
    [
        (folder(JobState.COMPLETED, ended_at=OLD), False, Remove()),
        (folder(JobState.FAILED, ended_at=OLD), False, Remove()),
        (folder(JobState.CANCELLED, ended_at=OLD), False, Remove()),
        (folder(JobState.COMPLETED, ended_at=YOUNG), False, Keep("too young")),
        (folder(JobState.FAILED, ended_at=OLD, changed_at=YOUNG), False, Keep("too young")),
        (folder(JobState.RUNNING), False, Keep("not over")),
        (folder(JobState.RETRYING), True, Keep("not over")),
        (folder(JobState.QUEUED), True, Keep("not over")),
        (folder(JobState.QUEUED, started=False), False, Keep("never started")),
        (folder(JobState.QUEUED, started=False), True, Remove()),
        (folder(JobState.QUEUED, started=False, changed_at=YOUNG), True, Keep("too young")),
        (folder(None, started=False), False, Remove()),
        (folder(None, started=False, changed_at=YOUNG), False, Keep("too young")),
    ],
)
def test_what_goes(found: JobFolder, unstarted: bool, verdict: Remove | Keep) -> None:
    assert judge(found, before=BEFORE, now=NOW, unstarted=unstarted) == verdict


def test_an_upload_on_its_way_stays_however_short_the_span() -> None:
    found = folder(None, started=False, changed_at=NOW - timedelta(hours=23))
    assert judge(found, before=NOW, now=NOW, unstarted=True) == Keep("too young")


def test_a_record_that_cannot_be_read_stays() -> None:
    found = JobFolder(str(uuid7()), (), 1, OLD, None, is_readable=False)
    assert judge(found, before=BEFORE, now=NOW, unstarted=True) == Keep("unreadable")


@pytest.fixture(params=["folder", "memory"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> ObjectStore:
    if request.param == "memory":
        return MemoryStore()
    return LocalStore(prefix=tmp_path, mkdir=True, automatic_cleanup=True)


def fill(store: ObjectStore, state: JobState | None, *, accepted: bool = True) -> str:
    job_id = str(uuid7())
    job = Job(id=job_id, name="a.txt", size=1, pipeline="count")
    obstore.put(store, source_key(job_id), b"source")
    obstore.put(store, artifact_key(job_id, "a.txt"), b"artifact")
    if accepted:
        obstore.put(store, upload_key(job_id), encode(Upload(job=job, accepted_at=OLD)))
    if state is not None:
        obstore.put(store, record_key(job_id), encode(record(job_id, state, OLD if state.is_terminal else None)))
    return job_id


def left(store: ObjectStore) -> set[str]:
    return {prefix.rsplit("/", 1)[-1] for prefix in obstore.list_with_delimiter(store, "jobs")["common_prefixes"]}


def test_only_what_is_over_goes_and_goes_whole(store: ObjectStore) -> None:
    over = {fill(store, state) for state in (JobState.COMPLETED, JobState.FAILED, JobState.CANCELLED)}
    active = {fill(store, state) for state in (JobState.RUNNING, JobState.RETRYING, JobState.QUEUED, None)}
    active.add(fill(store, None, accepted=False))
    obstore.put(store, "jobs/not-a-job/file", b"somebody's")
    dry = Pruning(store, datetime.now(UTC), dry_run=True)
    dry.run()
    assert {folder.job_id for folder in dry.removed} == over
    assert left(store) == over | active | {"not-a-job"}
    real = Pruning(store, datetime.now(UTC))
    real.run()
    assert left(store) == active | {"not-a-job"}
    assert real.said().startswith("removed 3 jobs, ")
    assert real.said().endswith("kept: 1 never started, 3 not over, 1 too young")
    assert not any(path.split("/")[1] in over for path in paths(store))


def paths(store: ObjectStore) -> list[str]:
    return [file["path"] for batch in obstore.list(store) for file in batch]


def test_a_removal_that_breaks_off_leaves_no_job_that_a_command_finds(store: ObjectStore) -> None:
    job_id = fill(store, JobState.COMPLETED)
    found = read_folder(store, job_id)
    with pytest.raises(TypeError):  # no key of a store
        remove_folder(store, replace(found, keys=("jobs/../no-key", *found.keys)))
    assert read_job(store, job_id) is None
    assert paths(store)


def test_two_at_once_do_not_disturb_each_other(store: ObjectStore) -> None:
    for _ in range(20):
        fill(store, JobState.COMPLETED)
    both = [Pruning(store, datetime.now(UTC)) for _ in range(2)]
    with ThreadPoolExecutor() as threads:
        list(threads.map(Pruning.run, both))
    assert left(store) == set()
    assert [pruning.faults for pruning in both] == [[], []]


def test_what_a_killed_stage_left_half_written_goes_too(tmp_path: Path) -> None:
    store = LocalStore(prefix=tmp_path, mkdir=True, automatic_cleanup=True)
    job_id = fill(store, JobState.FAILED)
    half = tmp_path / "jobs" / job_id / "artifacts" / "b.txt#1"
    half.write_bytes(b"half")
    pruning = Pruning(store, BEFORE)
    pruning.run()
    assert half.exists()
    Pruning(store, datetime.now(UTC)).run()
    assert list((tmp_path / "jobs").iterdir()) == []


def test_a_file_being_written_now_makes_its_folder_young(tmp_path: Path) -> None:
    store = LocalStore(prefix=tmp_path, mkdir=True, automatic_cleanup=True)
    job_id = "01939d5c-1111-7222-8333-123456789abc"
    uploading = tmp_path / "jobs" / job_id / "source#1"
    uploading.parent.mkdir(parents=True)
    uploading.write_bytes(b"half")
    Pruning(store, datetime.now(UTC) - timedelta(days=2)).run()
    assert uploading.exists()
    for path in (uploading, uploading.parent):
        os.utime(path, times=(OLD.timestamp(), OLD.timestamp()))
    Pruning(store, datetime.now(UTC) + timedelta(days=2)).run()
    assert not uploading.parent.exists()


@pytest.mark.parametrize(
    ("jobs", "standing", "changed_at", "verdict"),
    [
        (("a", "b"), set(), OLD, Remove()),
        (("a", "b"), {"b"}, OLD, Keep("in use")),
        (("a", "b"), set(), YOUNG, Keep("too young")),
        (None, set(), OLD, Keep("unreadable")),
    ],
)
def test_which_keys_go(
    jobs: tuple[str, ...] | None, standing: set[str], changed_at: datetime, verdict: Remove | Keep
) -> None:
    key = KeyRecord("idempotency/x", changed_at, jobs)
    assert judge_key(key, before=BEFORE, standing=standing) == verdict


def keep_key(store: ObjectStore, digest: str, *jobs: str) -> str:
    path = idempotency_key(digest)
    obstore.put(store, path, encode(KeptUpload(request="POST /upload", jobs=jobs)))
    return path


def test_keys_go_with_the_last_of_their_jobs(store: ObjectStore) -> None:
    over, running = fill(store, JobState.COMPLETED), fill(store, JobState.RUNNING)
    done = keep_key(store, "1", over, str(uuid7()))
    kept = {keep_key(store, "2", over, running), keep_key(store, "3", fill(store, None, accepted=False))}
    for key, body in (("idempotency/4", b"{}"), ("idempotency/5", b'{"request": "", "jobs": ["../.."]}')):
        obstore.put(store, key, body)
        kept.add(key)
    dry = Pruning(store, datetime.now(UTC), dry_run=True)
    dry.run()
    assert dry.said().startswith("would remove 1 jobs, ")
    assert ", 1 keys;" in dry.said()
    assert done in paths(store)
    real = Pruning(store, datetime.now(UTC))
    real.run()
    assert (real.removed_keys, real.faults) == (1, [])
    assert {path for path in paths(store) if path.startswith("idempotency/")} == kept


def test_a_young_key_stays_though_its_jobs_are_gone(store: ObjectStore) -> None:
    key = keep_key(store, "1", str(uuid7()))
    Pruning(store, datetime.now(UTC) - timedelta(days=1)).run()
    assert paths(store) == [key]
