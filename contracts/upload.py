"""What the gateway accepted: `upload.json`, the first thing that stands in a job's folder."""

from pydantic import AwareDatetime, ValidationError

from contracts.errors import UnreadableMessageError
from contracts.job import Job, Message, summarise


class Upload(Message):
    """The record of an accepted file."""

    job: Job
    accepted_at: AwareDatetime


def decode_upload(body: bytes) -> Upload:
    """Read an upload's record.

    Raises:
        UnreadableMessageError: the bytes are no such record.
    """
    try:
        return Upload.model_validate_json(body)
    except ValidationError as error:
        raise UnreadableMessageError(f"no upload record: {summarise(error)}") from error
