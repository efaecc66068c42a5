"""What the gateway accepted: `upload.json` in a job's folder, and the record of an `Idempotency-Key`."""

from pydantic import AwareDatetime

from contracts.job import Job, Message, decode


class Upload(Message):
    """The record of an accepted file."""

    job: Job
    accepted_at: AwareDatetime


class KeptUpload(Message):
    """The record of an `Idempotency-Key`: it is made once, after `upload.json` of each of its jobs."""

    request: str
    jobs: tuple[str, ...]


def decode_upload(body: bytes) -> Upload:
    """Read an upload's record.

    Raises:
        UnreadableMessageError: the bytes are no such record.
    """
    return decode(Upload.model_validate_json, body, what="upload record")


def decode_kept_upload(body: bytes) -> KeptUpload:
    """Read a key's record.

    Raises:
        UnreadableMessageError: the bytes are no such record.
    """
    return decode(KeptUpload.model_validate_json, body, what="record of a key")
