"""A job's folder in the blob store: how old it is, whether it may go, and how it goes."""

import os
import shutil
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import obstore
from obstore.store import LocalStore, ObjectStore

from cli.stored_job import read_job
from contracts.blobs import JOB_ID, job_folder, record_key, upload_key
from contracts.errors import UnreadableMessageError
from contracts.record import JobRecord
from contracts.snapshot import birth

JOBS_FOLDER = "jobs"
LONGEST_UPLOAD = timedelta(days=1)  # what has no record at all may be an upload on its way


@dataclass(frozen=True)
class JobFolder:
    """What stands there."""

    job_id: str
    keys: tuple[str, ...]
    size: int  # bytes
    changed_at: datetime  # of the file that was written last
    record: JobRecord | None  # None: nothing was ever accepted
    is_readable: bool = True

    @property
    def was_started(self) -> bool:
        return record_key(self.job_id) in self.keys


@dataclass(frozen=True)
class Remove:
    """It is over, or nobody's."""


@dataclass(frozen=True)
class Keep:
    """It is in use, young, or unknown."""

    reason: str


def judge(folder: JobFolder, *, before: datetime, now: datetime, unstarted: bool) -> Remove | Keep:
    """Whether a folder goes: of a job that ended before an instant, and whose files did not change since then either.

    A job without an end is active, however old: its message may wait in the broker. `unstarted` says that no
    message waits, so what no processor began goes too.
    """
    record = folder.record
    if not folder.is_readable:
        return Keep("unreadable")
    if folder.changed_at > before or (record and (record.ended_at or record.queued_at) > before):
        return Keep("too young")
    if record is None:
        return Keep("too young") if folder.changed_at > now - LONGEST_UPLOAD else Remove()
    if not folder.was_started and not unstarted:
        return Keep("never started")
    return Remove() if record.state.is_terminal or not folder.was_started else Keep("not over")


def old_job_ids(store: ObjectStore, before: datetime) -> list[str]:
    """Jobs that were accepted before an instant: their ids say so."""
    listing = obstore.list_with_delimiter(store, JOBS_FOLDER)
    names = [prefix.rstrip("/").rsplit("/", 1)[-1] for prefix in listing["common_prefixes"]]
    return sorted(name for name in names if JOB_ID.fullmatch(name) and birth(name, otherwise=before) <= before)


def read_folder(store: ObjectStore, job_id: str) -> JobFolder:
    """All that stands in a job's folder, also what is still being written."""
    files = [file for batch in obstore.list(store, job_folder(job_id)) for file in batch]
    changes = [file["last_modified"] for file in files]
    if isinstance(store, LocalStore):
        changes += _changes(store, job_id)
    try:
        record, is_readable = read_job(store, job_id), True
    except UnreadableMessageError:
        record, is_readable = None, False
    return JobFolder(
        job_id=job_id,
        keys=tuple(file["path"] for file in files),
        size=sum(file["size"] for file in files),
        changed_at=max(changes, default=birth(job_id, otherwise=datetime.now(UTC))),
        record=record,
        is_readable=is_readable,
    )


def remove_folder(store: ObjectStore, folder: JobFolder) -> None:
    """Records first: from then on no command finds the job. What a broken-off removal leaves goes with the next one."""
    first = [key for key in (upload_key(folder.job_id), record_key(folder.job_id)) if key in folder.keys]
    for key in (*first, *(key for key in folder.keys if key not in first)):
        with suppress(FileNotFoundError):
            obstore.delete(store, key)
    if isinstance(store, LocalStore):  # what was being written when its process was killed, and the folder itself
        shutil.rmtree(_path(store, folder.job_id), ignore_errors=True)


def _changes(store: LocalStore, job_id: str) -> list[datetime]:
    found = []
    for folder, _, names in os.walk(_path(store, job_id)):  # it passes over what another run removes meanwhile
        for name in names:
            with suppress(FileNotFoundError):
                found.append(datetime.fromtimestamp(Path(folder, name).stat().st_mtime, UTC))
    return found


def _path(store: LocalStore, job_id: str) -> Path:
    assert store.prefix is not None, "opened by its URL"
    return Path(store.prefix) / job_folder(job_id)
