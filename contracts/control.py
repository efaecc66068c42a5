"""Commands to all processors at once, and the mark in the store that makes one of them last."""

from typing import Literal

from pydantic import AwareDatetime, Field

from contracts.job import JOB_ID_PATTERN, Message, decode


class Cancel(Message):
    """End a job: whoever runs it stops it, the others have nothing to do."""

    version: Literal[1] = 1
    type: Literal["cancel"] = "cancel"
    job_id: str = Field(pattern=JOB_ID_PATTERN)


class Cancellation(Message):
    """`cancelled.json`: the job is to end, whoever has it, now or later. Gone when it is to be tried again."""

    asked_at: AwareDatetime


def decode_command(body: bytes) -> Cancel:
    """Read a command.

    Raises:
        UnreadableMessageError: the bytes are no command that this version knows.
    """
    return decode(Cancel.model_validate_json, body, what="command")


def decode_cancellation(body: bytes) -> Cancellation:
    """Read the mark.

    Raises:
        UnreadableMessageError: the bytes are none.
    """
    return decode(Cancellation.model_validate_json, body, what="cancellation")
