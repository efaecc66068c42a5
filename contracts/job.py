"""A job, and the message that asks a processor for one."""

from collections.abc import Callable
from typing import Literal, TypeVar

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError

from contracts.errors import UnreadableMessageError

JOB_ID_PATTERN = r"^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$"
PIPELINE_NAME_PATTERN = r"^[a-z0-9][a-z0-9_-]{0,63}$"
SHA256_PATTERN = r"^[0-9a-f]{64}$"
ARTIFACT_NAME_PATTERN = r"^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$"
MAX_NAME_BYTES = 255

M = TypeVar("M")


class Message(BaseModel):
    """A frozen message of a tolerant reader: fields it does not know are ignored."""

    model_config = ConfigDict(frozen=True, extra="ignore")


class Job(Message):
    """A request for work on one file, as every event about it repeats it."""

    id: str = Field(pattern=JOB_ID_PATTERN, description="UUID version 7 (RFC 9562).")
    name: str = Field(min_length=1, description="The file's name as its sender gave it, cleaned; never a path.")
    size: int = Field(ge=0, description="The file's length in bytes.")
    pipeline: str = Field(pattern=PIPELINE_NAME_PATTERN)
    owner: str | None = Field(default=None, description="A public pseudonym of the sender.")
    sha256: str | None = Field(
        default=None, pattern=SHA256_PATTERN, description="Of the file's bytes, as the gateway received them."
    )


class JobRequest(Message):
    """The body of a message in `jobs.<pipeline>`: run this job, as this attempt."""

    version: Literal[1] = 1
    job: Job
    attempt: int = Field(default=1, ge=1, description="Counts from 1; a retry carries the next number.")
    accepted_at: AwareDatetime = Field(description="When the gateway had stored the file.")


def decode_job_request(body: bytes) -> JobRequest:
    """Read a job message.

    Raises:
        UnreadableMessageError: the bytes are no job request of version 1.
    """
    return decode(JobRequest.model_validate_json, body, what="job request")


def decode(validate: Callable[[bytes], M], body: bytes, *, what: str) -> M:
    """What the bytes say, as `validate` reads it; `what` they should be is for the error's reader.

    Raises:
        UnreadableMessageError: they are not that.
    """
    try:
        return validate(body)
    except ValidationError as error:
        raise UnreadableMessageError(f"no {what}: {_summarise(error)}") from error


def _summarise(error: ValidationError) -> str:
    """One bounded line of what is wrong, without the input's own bytes."""
    faults = error.errors(include_url=False, include_input=False, include_context=False)
    lines = [f"{'.'.join(map(str, fault['loc'])) or 'body'}: {fault['msg']}" for fault in faults[:3]]
    more = f" (and {len(faults) - 3} more)" if len(faults) > 3 else ""
    return ("; ".join(lines) + more)[:500]
