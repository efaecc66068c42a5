"""Events: facts about one job, as CloudEvents 1.0 in the JSON format.

The same bytes travel through AMQP and stand in the `data:` of a Server-Sent Event.
Source: CloudEvents 1.0.2 core specification and JSON event format.
"""

from datetime import UTC, datetime
from typing import Annotated, Any, Literal

from pydantic import AwareDatetime, Field, TypeAdapter
from uuid_utils import uuid7

from contracts.job import ARTIFACT_NAME_PATTERN, JOB_ID_PATTERN, SHA256_PATTERN, Job, Message, decode


class Stage(Message):
    """Which step of how many."""

    name: str
    index: int = Field(ge=0, description="Counts from 0.")
    count: int = Field(ge=1)


class Artifact(Message):
    """A file that a stage made; it can be fetched as soon as an event names it."""

    name: str = Field(pattern=ARTIFACT_NAME_PATTERN)
    size: int = Field(ge=0, description="Bytes.")
    media_type: str
    sha256: str | None = Field(default=None, pattern=SHA256_PATTERN)


class JobFact(Message):
    """What every event says. Within one job, `(attempt, sequence)` only ever rises."""

    job: Job
    attempt: int = Field(ge=1, description="Counts from 1.")
    sequence: int = Field(ge=0, description="Counts the attempt's events; `job.queued` is 0.")


class PlanFact(JobFact):
    """The stages that will run, in order."""

    stages: tuple[str, ...]


class StageFact(JobFact):
    stage: Stage
    overall: float = Field(ge=0, le=1, description="Progress of the whole job; stages count by weight.")


class ProgressFact(StageFact):
    progress: float = Field(ge=0, le=1, description="Progress of this stage.")
    message: str = Field(default="", max_length=500)


class StageResultFact(StageFact):
    seconds: float = Field(ge=0, description="How long the stage ran.")
    artifacts: tuple[Artifact, ...] = ()
    facts: dict[str, Any] = Field(default_factory=dict, description="What the stage found out.")


class StageFailureFact(StageFact):
    seconds: float = Field(ge=0, description="How long the stage ran.")
    reason: str = Field(max_length=2000)


class RetryFact(JobFact):
    reason: str = Field(max_length=2000)
    retry_at: AwareDatetime = Field(description="Not before this instant.")


class JobResultFact(JobFact):
    seconds: float = Field(ge=0, description="How long this attempt ran.")
    artifacts: tuple[Artifact, ...] = ()


class JobFailureFact(JobFact):
    reason: str = Field(max_length=2000)


class UploadFact(Message):
    """A file on its way. It comes before all that is said of its job: as attempt 0, and in order of what has come."""

    job: Job = Field(description="The job that it will be; its size is what is expected, or else what has come.")
    attempt: Literal[0] = 0
    sequence: int = Field(ge=0, description="As `received`, which only rises.")
    received: int = Field(ge=0, description="Bytes so far.")
    progress: float | None = Field(default=None, ge=0, le=1, description="None while nobody has said how long it is.")


class Envelope(Message):
    """The CloudEvents attributes around a fact."""

    specversion: Literal["1.0"] = "1.0"
    id: str = Field(default_factory=lambda: str(uuid7()), min_length=1, max_length=64)
    source: str = Field(description="`/gateways/<instance>`, `/processors/<instance>` or `/cli`.")
    subject: str = Field(pattern=JOB_ID_PATTERN, description="The job's id.")
    time: AwareDatetime = Field(default_factory=lambda: datetime.now(UTC))
    datacontenttype: Literal["application/json"] = "application/json"


class UploadProgressed(Envelope):
    """Only of uploads whose sender asked for it. One that breaks off is not told of any more."""

    type: Literal["upload.progressed"] = "upload.progressed"
    data: UploadFact


class JobQueued(Envelope):
    type: Literal["job.queued"] = "job.queued"
    data: JobFact


class JobStarted(Envelope):
    type: Literal["job.started"] = "job.started"
    data: PlanFact


class StageStarted(Envelope):
    type: Literal["stage.started"] = "stage.started"
    data: StageFact


class StageProgressed(Envelope):
    """Also the heartbeat of a stage: the same numbers again say that it lives."""

    type: Literal["stage.progressed"] = "stage.progressed"
    data: ProgressFact


class StageCompleted(Envelope):
    type: Literal["stage.completed"] = "stage.completed"
    data: StageResultFact


class StageFailed(Envelope):
    type: Literal["stage.failed"] = "stage.failed"
    data: StageFailureFact


class JobRetrying(Envelope):
    type: Literal["job.retrying"] = "job.retrying"
    data: RetryFact


class JobCompleted(Envelope):
    type: Literal["job.completed"] = "job.completed"
    data: JobResultFact


class JobFailed(Envelope):
    type: Literal["job.failed"] = "job.failed"
    data: JobFailureFact


class JobCancelled(Envelope):
    type: Literal["job.cancelled"] = "job.cancelled"
    data: JobFact


JobEvent = (
    JobQueued
    | JobStarted
    | StageStarted
    | StageProgressed
    | StageCompleted
    | StageFailed
    | JobRetrying
    | JobCompleted
    | JobFailed
    | JobCancelled
)

Event = Annotated[UploadProgressed | JobEvent, Field(discriminator="type")]

EVENT: TypeAdapter[Event] = TypeAdapter(Event)


def decode_event(body: bytes) -> Event:
    """Read an event.

    Raises:
        UnreadableMessageError: the bytes are no event that this version knows.
    """
    return decode(EVENT.validate_json, body, what="event")


def encode(message: Message) -> bytes:
    """UTF-8 JSON on one line: it has no raw newline, so it is one `data:` line of an SSE frame."""
    return message.model_dump_json(exclude_none=True).encode()
