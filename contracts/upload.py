"""What the gateway accepted: `upload.json` in a job's folder, and the record of an `Idempotency-Key`."""

from pydantic import AwareDatetime, ValidationError

from contracts.errors import UnreadableMessageError
from contracts.job import Job, Message, summarise


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
    try:
        return Upload.model_validate_json(body)
    except ValidationError as error:
        raise UnreadableMessageError(f"no upload record: {summarise(error)}") from error


def decode_kept_upload(body: bytes) -> KeptUpload:
    """Read a key's record.

    Raises:
        UnreadableMessageError: the bytes are no such record.
    """
    try:
        return KeptUpload.model_validate_json(body)
    except ValidationError as error:
        raise UnreadableMessageError(f"no record of a key: {summarise(error)}") from error
