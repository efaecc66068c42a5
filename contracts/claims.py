"""Who has begun which attempt at a job: `jobs/<id>/attempts/<n>`, made once, so that an attempt has one processor."""

import obstore
from obstore.store import ObjectStore
from pydantic import Field

from contracts.blobs import attempts_prefix
from contracts.job import Message, decode


class Claim(Message):
    """A processor has begun an attempt, or a gateway ended it. It stays when the attempt has ended."""

    attempt: int = Field(ge=1)
    request: int = Field(ge=1, description="The attempt that the message asked for which brought the job.")
    holder: str = Field(description="`/processors/<instance>` or `/gateways/<instance>`.")
    token: str = Field(description="Random: tells this claim from another of the same holder.")
    is_released: bool = Field(default=False, description="Its holder has stopped, in order and without an outcome.")


def decode_claim(body: bytes) -> Claim:
    """Read a claim.

    Raises:
        UnreadableMessageError: the bytes are no claim.
    """
    return decode(Claim.model_validate_json, body, what="claim")


async def claimed_attempts(store: ObjectStore, job_id: str) -> list[int]:
    """The numbers of all attempts that were begun, in order.

    Raises:
        obstore.exceptions.BaseError, OSError: the store cannot be read.
    """
    listing = await obstore.list_with_delimiter_async(store, attempts_prefix(job_id))
    names = (blob["path"].rsplit("/", 1)[-1] for blob in listing["objects"])
    return sorted(int(name) for name in names if name.isascii() and name.isdigit())
