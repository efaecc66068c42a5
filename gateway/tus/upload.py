"""The record of a resumable upload: written once, when it is created."""

from pydantic import AwareDatetime

from contracts.job import Job, Message, decode


class ResumableUpload(Message):
    """What it is to be. Whoever knows its id may add to it; the job's id, which events tell, says nothing of it."""

    id: str
    job_id: str
    name: str
    pipeline: str
    owner: str | None = None
    length: int | None = None
    metadata: str
    tells_progress: bool = False
    is_partial: bool = False
    partials: tuple[str, ...] = ()
    created_at: AwareDatetime

    def job(self, size: int | None, sha256: str | None = None) -> Job:
        """What it becomes."""
        return Job(
            id=self.job_id, name=self.name, size=size or 0, pipeline=self.pipeline, owner=self.owner, sha256=sha256
        )

    def is_same_as(self, other: "ResumableUpload") -> bool:
        """Whether the same was asked for."""
        told = {"job_id", "owner", "created_at"}  # these are ours; and a cookie may come and go between two tries
        return self.model_dump(exclude=told) == other.model_dump(exclude=told)


def decode_resumable_upload(body: bytes) -> ResumableUpload:
    """Read an upload's record.

    Raises:
        UnreadableMessageError: the bytes are no such record.
    """
    return decode(ResumableUpload.model_validate_json, body, what="record of a resumable upload")
