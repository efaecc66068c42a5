"""What the store says of a job, read without the event loop.

obstore's awaitables must not be among a command's last acts: its threads hand their answers over once more after
`asyncio.run` has returned, and abort the process when the interpreter ends just then. Its plain calls do not.
"""

from contextlib import suppress

import obstore
from obstore.store import ObjectStore

from contracts.blobs import job_folder, record_key, source_key, upload_key
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


def newest_attempt(store: ObjectStore, job_id: str) -> int:
    """The highest attempt that somebody has begun, or 0."""
    listing = obstore.list_with_delimiter(store, f"{job_folder(job_id)}/attempts")
    names = [blob["path"].rsplit("/", 1)[-1] for blob in listing["objects"]]
    return max((int(name) for name in names if name.isdecimal()), default=0)


def _read(store: ObjectStore, key: str) -> bytes:
    return bytes(obstore.get(store, key).bytes())
