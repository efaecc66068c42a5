"""Events and jobs to test with."""

from itertools import count
from typing import Any

from contracts.events import (
    Artifact,
    Event,
    JobCancelled,
    JobCompleted,
    JobFact,
    JobFailed,
    JobFailureFact,
    JobQueued,
    JobResultFact,
    JobRetrying,
    JobStarted,
    PlanFact,
    ProgressFact,
    RetryFact,
    Stage,
    StageCompleted,
    StageFact,
    StageFailed,
    StageFailureFact,
    StageProgressed,
    StageResultFact,
    StageStarted,
    UploadFact,
    UploadProgressed,
)
from contracts.job import Job
from contracts.snapshot import JobSnapshot, fold

JOB_ID = "01a20bbc-322f-705e-8f23-50c7105c12ff"


def a_job(name: str = "报告 final.csv", *, job_id: str = JOB_ID) -> Job:
    return Job(id=job_id, name=name, size=1_048_576, pipeline="inspect", owner="1410ba3ac43b8684")


def one_of_each(name: str = "报告 final.csv", *, job_id: str = JOB_ID) -> dict[str, Event]:
    """An event of every type, about one job."""
    job = a_job(name, job_id=job_id)
    about = {"job": job, "attempt": 1, "sequence": 7}
    stage = {**about, "stage": Stage(name="identify", index=1, count=5), "overall": 0.25}
    envelope = {"source": "/processors/test", "subject": job.id}
    made = Artifact(name="report.html", size=12, media_type="text/html")
    upload = UploadFact(job=job, sequence=524_288, received=524_288, progress=0.5)
    events: list[Event] = [
        UploadProgressed(**envelope, data=upload),
        JobQueued(**envelope, data=JobFact(**about)),
        JobStarted(**envelope, data=PlanFact(**about, stages=("checksum", "identify"))),
        StageStarted(**envelope, data=StageFact(**stage)),
        StageProgressed(**envelope, data=ProgressFact(**stage, progress=0.43, message="431 MB of 1 GB")),
        StageCompleted(**envelope, data=StageResultFact(**stage, seconds=1.5, artifacts=(made,), facts={"rows": 3})),
        StageFailed(**envelope, data=StageFailureFact(**stage, seconds=1.5, reason="no such luck")),
        JobRetrying(**envelope, data=RetryFact(**about, reason="no luck", retry_at="2026-11-23T19:30:51Z")),
        JobCompleted(**envelope, data=JobResultFact(**about, seconds=2.5, artifacts=(made,))),
        JobFailed(**envelope, data=JobFailureFact(**about, reason="no such luck")),
        JobCancelled(**envelope, data=JobFact(**about)),
    ]
    return {event.type: event for event in events}


def a_story(job_id: str = JOB_ID, *, attempt: int = 1, progress: int = 2, ends: str = "job.completed") -> list[Event]:
    """A job of one stage from its start to its end."""
    job = a_job("story.csv", job_id=job_id)
    envelope = {"source": "/processors/test", "subject": job.id}
    numbers = count(1)

    def about() -> dict[str, Any]:
        return {"job": job, "attempt": attempt, "sequence": next(numbers)}

    def at(overall: float) -> dict[str, Any]:
        return {**about(), "stage": Stage(name="read", index=0, count=1), "overall": overall}

    events: list[Event] = [
        JobStarted(**envelope, data=PlanFact(**about(), stages=("read",))),
        StageStarted(**envelope, data=StageFact(**at(0))),
    ]
    for step in range(1, progress + 1):
        done = step / progress
        events.append(StageProgressed(**envelope, data=ProgressFact(**at(done), progress=done, message=f"{step}")))
    if ends == "job.completed":
        events.append(StageCompleted(**envelope, data=StageResultFact(**at(1), seconds=1)))
        return [*events, JobCompleted(**envelope, data=JobResultFact(**about(), seconds=1))]
    if ends == "job.cancelled":
        return [*events, JobCancelled(**envelope, data=JobFact(**about()))]
    return events


def job_after(event: Event, known: JobSnapshot | None = None) -> JobSnapshot:
    """The job that an event of one tells of."""
    after = fold(known, event)
    assert after is not None
    return after
