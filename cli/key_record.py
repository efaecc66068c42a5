"""The record of an `Idempotency-Key` in the blob store: whether it may go."""

from collections.abc import Collection, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime

import obstore
from obstore.store import ObjectStore

from cli.job_folder import Keep, Remove
from contracts.blobs import JOB_ID, KEYS_FOLDER, job_folder
from contracts.errors import UnreadableMessageError
from contracts.upload import decode_kept_upload


@dataclass(frozen=True)
class KeyRecord:
    """What it stands for."""

    path: str
    changed_at: datetime
    jobs: tuple[str, ...] | None  # None: it cannot be read


def judge_key(key: KeyRecord, *, before: datetime, standing: Collection[str]) -> Remove | Keep:
    """Whether a key goes: it was kept before an instant, and nothing stands any more of any of its jobs."""
    if key.changed_at > before:
        return Keep("too young")
    if key.jobs is None:
        return Keep("unreadable")
    return Keep("in use") if standing else Remove()


def keys(store: ObjectStore) -> Iterator[KeyRecord]:
    """All that stand there; a thousand at a time are in memory."""
    for batch in obstore.list(store, KEYS_FOLDER):
        for file in batch:
            with suppress(FileNotFoundError):  # a gateway, or another run, removed it meanwhile
                yield KeyRecord(file["path"], file["last_modified"], _jobs(store, file["path"]))


def standing_jobs(store: ObjectStore, key: KeyRecord) -> set[str]:
    """Those of its jobs of which anything is in the store.

    Looked for after the key was read: a job's folder stands before its key does, so one that is not there was removed.
    """
    return {job_id for job_id in key.jobs or () if _stands(store, job_id)}


def remove_key(store: ObjectStore, key: KeyRecord) -> None:
    """From then on it stands for nothing, as if it had never been sent."""
    with suppress(FileNotFoundError):
        obstore.delete(store, key.path)


def _jobs(store: ObjectStore, path: str) -> tuple[str, ...] | None:
    try:
        jobs = decode_kept_upload(bytes(obstore.get(store, path).bytes())).jobs
    except UnreadableMessageError:
        return None
    return jobs if all(map(JOB_ID.fullmatch, jobs)) else None


def _stands(store: ObjectStore, job_id: str) -> bool:
    return any(obstore.list(store, job_folder(job_id)))
