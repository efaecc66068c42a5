"""What the store says of a job, read and written without the event loop.

obstore's awaitables must not be among a command's last acts: its threads hand their answers over once more after
`asyncio.run` has returned, and abort the process when the interpreter ends just then. Its plain calls do not.
"""

from contextlib import suppress

import obstore
from obstore.store import ObjectStore

from contracts.blobs import attempt_key, attempts_prefix, cancellation_key, record_key, source_key, upload_key
from contracts.claims import Claim, decode_claim
from contracts.events import encode
from contracts.record import JobRecord, decode_record, record_of_upload
from contracts.upload import decode_upload


def read_job(store: ObjectStore, job_id: str) -> JobRecord | None:
    """Its record, else that it was accepted, else None.

    Raises:
        UnreadableMessageError: what stands there cannot be read.
        obstore.exceptions.BaseError, OSError: the store cannot be read.
    """
    with suppress(FileNotFoundError):
        return decode_record(_read(store, record_key(job_id)))
    with suppress(FileNotFoundError):
        return record_of_upload(decode_upload(_read(store, upload_key(job_id))))
    return None


def has_source(store: ObjectStore, job_id: str) -> bool:
    """Whether the uploaded file is there."""
    try:
        obstore.head(store, source_key(job_id))
    except FileNotFoundError:
        return False
    return True


def newest_claim(store: ObjectStore, job_id: str) -> Claim | None:
    """That of the highest attempt that somebody has begun.

    Raises:
        UnreadableMessageError: what stands there cannot be read.
    """
    listing = obstore.list_with_delimiter(store, attempts_prefix(job_id))
    names = [blob["path"].rsplit("/", 1)[-1] for blob in listing["objects"]]
    newest = max((int(name) for name in names if name.isascii() and name.isdigit()), default=None)
    return decode_claim(_read(store, attempt_key(job_id, newest))) if newest is not None else None


def keep_record(store: ObjectStore, record: JobRecord) -> None:
    """In place of the one before."""
    obstore.put(store, record_key(record.job.id), encode(record))


def unmark_cancelled(store: ObjectStore, job_id: str) -> None:
    """Whoever takes the job may run it again."""
    with suppress(FileNotFoundError):
        obstore.delete(store, cancellation_key(job_id))


def _read(store: ObjectStore, key: str) -> bytes:
    return bytes(obstore.get(store, key).bytes())
