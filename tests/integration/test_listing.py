"""`GET /jobs`: what is known, and what only the store still knows."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
from aio_pika.abc import AbstractChannel
from uuid_utils import uuid7

from contracts.events import encode
from contracts.job import Job
from contracts.record import JobRecord
from contracts.state import JobState
from contracts.upload import Upload
from tests.samples import a_story
from tests.services import running_notifier
from tests.streams import listening, publish

NOW = datetime.now(UTC)


def a_job(name: str) -> Job:
    return Job(id=str(uuid7()), name=name, size=1, pipeline="inspect")


def keep(blobs: Path, job: Job, state: JobState | None) -> None:
    """As the gateway and, with a state, a processor left it."""
    folder = blobs / "jobs" / job.id
    folder.mkdir(parents=True)
    (folder / "upload.json").write_bytes(encode(Upload(job=job, accepted_at=NOW)))
    if state is not None:
        record = JobRecord(job=job, state=state, attempt=2, sequence=9, queued_at=NOW, heard_at=NOW)
        (folder / "job.json").write_bytes(encode(record))


@pytest.fixture
def kept(blobs: Path) -> list[Job]:
    """Two that are over and one that waits, the oldest first."""
    jobs = [a_job("done.csv"), a_job("failed.csv"), a_job("waits.csv")]
    for job, state in zip(jobs, (JobState.COMPLETED, JobState.FAILED, None), strict=True):
        keep(blobs, job, state)
    (blobs / "jobs" / "no-job").mkdir()
    broken = blobs / "jobs" / str(uuid7())
    broken.mkdir()
    (broken / "job.json").write_text("{")
    return jobs


@pytest.fixture
async def client(broker_url: str, channel: AbstractChannel, blobs: Path, kept: list[Job]) -> AsyncIterator[Any]:
    async with (
        running_notifier(broker_url, store_url=blobs.as_uri()) as url,
        httpx.AsyncClient(base_url=url) as client,
    ):
        yield client


def names(answer: httpx.Response) -> list[str]:
    assert answer.status_code == 200, answer.text
    return [job["job"]["name"] for job in answer.json()["jobs"]]


async def test_a_wiped_broker_forgets_no_job(client: httpx.AsyncClient, kept: list[Job]) -> None:
    done, failed, waits = kept
    assert names(await client.get("/jobs")) == ["waits.csv", "failed.csv", "done.csv"]
    states = {job.id: (await client.get(f"/jobs/{job.id}")).json()["state"] for job in kept}
    assert states == {done.id: "completed", failed.id: "failed", waits.id: "queued"}
    async with listening(str(client.base_url)) as stream:
        assert [job["job"]["name"] for job in (await stream.snapshot())["jobs"]] == [
            "waits.csv",
            "failed.csv",
            "done.csv",
        ]


async def test_pages_and_states(client: httpx.AsyncClient) -> None:
    first = await client.get("/jobs", params={"limit": 2})
    assert names(first) == ["waits.csv", "failed.csv"]
    second = await client.get(first.json()["next"])
    assert (names(second), second.json()["next"]) == (["done.csv"], None)
    over = await client.get("/jobs", params={"state": ["failed", "completed"], "limit": 1})
    assert names(over) == ["failed.csv"]
    assert names(await client.get(over.json()["next"])) == ["done.csv"]


async def test_events_are_newer_than_the_record(
    client: httpx.AsyncClient, channel: AbstractChannel, kept: list[Job]
) -> None:
    waits = kept[-1]
    async with listening(str(client.base_url), job=waits.id) as stream:
        await stream.snapshot()
        story = [
            event.model_copy(update={"data": event.data.model_copy(update={"job": waits})})
            for event in a_story(waits.id)
        ]
        await publish(channel, *story)
        assert await stream.events(len(story)) == story
    assert (await client.get(f"/jobs/{waits.id}")).json()["state"] == "completed"


@pytest.mark.parametrize(
    ("query", "accepted"),
    [("state=lost", "queued, running"), ("limit=0", "1 to 200"), ("limit=x", "1 to 200"), ("before=1", "UUID")],
)
async def test_wrong_questions(client: httpx.AsyncClient, query: str, accepted: str) -> None:
    answer = await client.get(f"/jobs?{query}")
    assert (answer.status_code, answer.headers["content-type"]) == (400, "application/problem+json")
    assert accepted in answer.json()["detail"]


async def test_no_such_job(client: httpx.AsyncClient) -> None:
    for job_id in (str(uuid7()), "../../etc/passwd", "x"):
        assert (await client.get(f"/jobs/{job_id}")).status_code == 404
