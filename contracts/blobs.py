"""The blob store: where each job's folder is, and what stands in it.

    jobs/<id>/upload.json       what the gateway accepted
    jobs/<id>/source            the file's bytes
    jobs/<id>/job.json          how far it came: after each stage, and at the end
    jobs/<id>/attempts/<n>      who has begun attempt n: made once, so that it is one processor's
    jobs/<id>/attempts/<n>.json how attempt n ended the job: the record, as its processor left it
    jobs/<id>/cancelled.json    somebody wants it to end
    jobs/<id>/artifacts/<name>  what the stages made
    idempotency/<digest>        the jobs that an upload's `Idempotency-Key` stands for
    usage/<day>/<owner>/…       what an owner has uploaded on a day, where that is bounded
    uploads/<id>/…              a resumable upload that is on its way, or came to its end a while ago

Keys come from the job's random id and from checked artifact names, never from what a sender typed.
"""

import re
from collections.abc import Collection
from contextlib import suppress
from pathlib import Path
from urllib.parse import unquote, urlsplit

import obstore
from obstore.store import LocalStore, ObjectStore

from contracts.bucket import open_bucket
from contracts.errors import BadSettingError
from contracts.job import ARTIFACT_NAME_PATTERN, JOB_ID_PATTERN

ARTIFACT_NAME = re.compile(ARTIFACT_NAME_PATTERN)
JOB_ID = re.compile(JOB_ID_PATTERN)
KEYS_FOLDER = "idempotency"
USAGE_FOLDER = "usage"
UPLOADS_FOLDER = "uploads"


def job_folder(job_id: str) -> str:
    """The prefix of all that belongs to a job.

    Raises:
        ValueError: that is no job id.
    """
    if not JOB_ID.fullmatch(job_id):
        raise ValueError("a job id is a lower-case UUID")
    return f"jobs/{job_id}"


def source_key(job_id: str) -> str:
    return f"{job_folder(job_id)}/source"


def upload_key(job_id: str) -> str:
    return f"{job_folder(job_id)}/upload.json"


def record_key(job_id: str) -> str:
    return f"{job_folder(job_id)}/job.json"


def attempts_prefix(job_id: str) -> str:
    return f"{job_folder(job_id)}/attempts"


def attempt_key(job_id: str, attempt: int) -> str:
    return f"{attempts_prefix(job_id)}/{attempt}"


def end_key(job_id: str, attempt: int) -> str:
    return f"{attempts_prefix(job_id)}/{attempt}.json"


def cancellation_key(job_id: str) -> str:
    return f"{job_folder(job_id)}/cancelled.json"


def idempotency_key(digest: str) -> str:
    return f"{KEYS_FOLDER}/{digest}"


def resumable_folder(upload_id: str) -> str:
    """The prefix of all that belongs to a resumable upload.

    Raises:
        ValueError: that is no upload's id.
    """
    if not JOB_ID.fullmatch(upload_id):
        raise ValueError("an upload's id is a lower-case UUID")
    return f"{UPLOADS_FOLDER}/{upload_id}"


def artifacts_prefix(job_id: str) -> str:
    return f"{job_folder(job_id)}/artifacts"


def artifact_key(job_id: str, name: str) -> str:
    """Where an artifact stands.

    Raises:
        ValueError: no artifact has such a name.
    """
    if not ARTIFACT_NAME.fullmatch(name):
        raise ValueError("an artifact's name is 1 to 128 of A-Z a-z 0-9 . _ - and begins with a letter or digit")
    return f"{artifacts_prefix(job_id)}/{name}"


async def remove_artifacts(store: ObjectStore, job_id: str, *, but: Collection[str]) -> None:
    """Remove what broken-off stages left: all artifacts but these, and what was never written to its end.

    Raises:
        obstore.exceptions.BaseError, OSError: the store does not let us; calling it again goes on.
    """
    listing = await obstore.list_with_delimiter_async(store, artifacts_prefix(job_id))
    for blob in listing["objects"]:
        if blob["path"].rsplit("/", 1)[-1] not in but:
            with suppress(FileNotFoundError):
                await obstore.delete_async(store, blob["path"])
    remove_unfinished(store, job_id)


def remove_unfinished(store: ObjectStore, job_id: str) -> None:
    """Remove what a stage that was killed has not written to its end; only a folder shows such a thing.

    Raises:
        OSError: the folder does not let us.
    """
    if isinstance(store, LocalStore) and store.prefix is not None:
        for path in (Path(store.prefix) / artifacts_prefix(job_id)).glob("*#*"):
            path.unlink(missing_ok=True)


def open_store(url: str) -> ObjectStore:
    """The store behind `file:///srv/blobs`, or `s3://bucket/prefix`; a folder is made when it is missing.

    Raises:
        BadSettingError: no store can be had there.
    """
    try:
        if urlsplit(url).scheme == "file":
            return LocalStore(prefix=local_folder(url), mkdir=True, automatic_cleanup=True)
        return open_bucket(url)
    except Exception as error:  # obstore raises a family of its own for each kind of store
        raise BadSettingError(f"STAGECAST_STORE_URL={url}: {error}") from error


def local_folder(url: str) -> Path:
    return Path(unquote(urlsplit(url).path))
