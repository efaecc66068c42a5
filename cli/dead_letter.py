"""A message in `jobs.dead`: what it was, and why it is there."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from contracts.errors import UnreadableMessageError
from contracts.job import JobRequest, decode_job_request

DIGEST_LENGTH = 12
JOB_QUEUES = "jobs."
MAX_READ_BYTES = 1024 * 1024  # a longer body is no job request, and is not looked into


@dataclass(frozen=True)
class DeadLetter:
    """What is known of a dead letter, without its body."""

    id: str  # the job's; of what is no job, the beginning of the body's SHA-256
    reason: str
    died_at: datetime | None
    size: int  # bytes of the body
    is_from_broker: bool  # the broker gave up on it, and no processor has told its end
    pipeline: str | None = None  # whose queue it was in, if that can be known
    request: JobRequest | None = None  # None for what is no job request of this version

    def as_json(self) -> dict[str, Any]:
        job = self.request.job if self.request else None
        return {
            "id": self.id,
            "reason": self.reason,
            "died_at": self.died_at and self.died_at.isoformat(),
            "pipeline": self.pipeline,
            "name": job and job.name,
            "attempt": self.request and self.request.attempt,
            "readable": self.request is not None,
            "bytes": self.size,
        }


def read_letter(body: bytes, headers: Mapping[str, Any], timestamp: datetime | None) -> DeadLetter:
    """What a message of `jobs.dead` says. Nothing in it is trusted to be there."""
    death = _death(headers)
    try:
        request = decode_job_request(body) if len(body) <= MAX_READ_BYTES else None
    except UnreadableMessageError:
        request = None
    return DeadLetter(
        id=request.job.id if request else hashlib.sha256(body).hexdigest()[:DIGEST_LENGTH],
        reason=_reason(headers, death),
        died_at=_instant(timestamp or death.get("time")),
        size=len(body),
        is_from_broker="x-reason" not in headers,
        pipeline=request.job.pipeline if request else _pipeline(body, death),
        request=request,
    )


def _reason(headers: Mapping[str, Any], death: Mapping[str, Any]) -> str:
    if "x-reason" in headers:
        return str(headers["x-reason"])
    if death.get("reason") == "delivery_limit":
        return "the broker gave it up: delivered again and again, and never acknowledged"
    return f"the broker gave it up: {death.get('reason', 'it does not say why')}"


def _death(headers: Mapping[str, Any]) -> Mapping[str, Any]:
    """The newest of the broker's notes on where the message died before (https://www.rabbitmq.com/docs/dlx)."""
    deaths = headers.get("x-death")
    if isinstance(deaths, Sequence) and deaths and isinstance(deaths[0], Mapping):
        return deaths[0]
    return {}


def _pipeline(body: bytes, death: Mapping[str, Any]) -> str | None:
    """Of what this version cannot read: as a later or earlier one may have written it, else by the queue it was in."""
    try:
        named = json.loads(body)["job"]["pipeline"] if len(body) <= MAX_READ_BYTES else None
    except (ValueError, LookupError, TypeError, RecursionError):
        named = None
    if isinstance(named, str):
        return named
    queue = str(death.get("queue", ""))
    return queue.removeprefix(JOB_QUEUES) if queue.startswith(JOB_QUEUES) else None


def _instant(found: object) -> datetime | None:
    if not isinstance(found, datetime):
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)
