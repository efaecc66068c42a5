"""What becomes of deliveries; the stages run in real child processes, the broker is a fake."""

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from contracts.blobs import open_store
from contracts.events import encode
from contracts.job import Job, JobRequest
from processor.attempt import Workshop
from processor.catalogue import Offer, load_pipeline
from processor.worker import MAX_RETURNS, Worker, Workers
from tests.fakes import FakeAnnouncer, FakeDelivery
from tests.samples import JOB_ID


def worker(folder: Path, announcer: FakeAnnouncer, content: bytes = b"x") -> Worker:
    source = folder / "jobs" / JOB_ID / "source"
    source.parent.mkdir(parents=True)
    source.write_bytes(content)
    names = ("count", "trouble", "flaky")
    catalogue = {name: Offer(f"tests.pipelines:{name}", load_pipeline(f"tests.pipelines:{name}")) for name in names}
    return Worker(catalogue, Workshop(open_store(folder.as_uri()), folder.as_uri()), announcer, "/processors/test")


def delivery(pipeline: str, *, returns: int = 0, attempt: int = 1) -> FakeDelivery:
    job = Job(id=JOB_ID, name="a.txt", size=1, pipeline=pipeline)
    return FakeDelivery(encode(JobRequest(job=job, attempt=attempt, accepted_at=datetime.now(UTC))), returns)


async def test_a_job_is_acknowledged_after_its_outcome_is_told(tmp_path: Path) -> None:
    announcer, message = FakeAnnouncer(), delivery("count")
    await worker(tmp_path, announcer).work(message)
    assert announcer.events[-1].type == "job.completed"
    assert message.outcomes == ["ack"]


async def test_a_retry_is_sent_before_the_acknowledgement(tmp_path: Path) -> None:
    announcer, message = FakeAnnouncer(), delivery("flaky")
    await worker(tmp_path, announcer).work(message)
    [(request, after)] = announcer.retries
    assert (request.attempt, after) == (2, timedelta(seconds=5))
    assert announcer.events[-1].type == "job.retrying"
    assert message.outcomes == ["ack"]


async def test_redeliveries_count_as_attempts(tmp_path: Path) -> None:
    announcer = FakeAnnouncer()
    await worker(tmp_path, announcer).work(delivery("count", returns=2, attempt=3))
    assert {event.data.attempt for event in announcer.events} == {5}


async def test_a_job_that_kills_its_processors_is_given_up_aloud(tmp_path: Path) -> None:
    announcer, message = FakeAnnouncer(), delivery("count", returns=MAX_RETURNS + 1)
    await worker(tmp_path, announcer).work(message)
    assert [event.type for event in announcer.events] == ["job.started", "job.failed"]
    [(_, reason)] = announcer.buried
    assert "none of them lived" in reason
    assert message.outcomes == ["ack"]


@pytest.mark.parametrize("body", [b"", b"{}", encode(Job(id=JOB_ID, name="a", size=1, pipeline="count"))])
async def test_what_is_no_job_is_buried(tmp_path: Path, body: bytes) -> None:
    announcer, message = FakeAnnouncer(), FakeDelivery(body)
    await worker(tmp_path, announcer).work(message)
    assert announcer.buried[0][0] == body
    assert announcer.events == []
    assert message.outcomes == ["ack"]


async def test_a_cancelled_job_is_not_settled(tmp_path: Path) -> None:
    announcer, message = FakeAnnouncer(is_away=asyncio.Event()), delivery("count")
    working = asyncio.ensure_future(worker(tmp_path, announcer).work(message))
    await asyncio.sleep(0)
    working.cancel()
    await asyncio.wait({working})
    assert message.outcomes == []


async def test_at_the_end_waiting_jobs_are_given_back_and_none_begins(tmp_path: Path) -> None:
    broker = asyncio.Event()
    announcer = FakeAnnouncer(is_away=broker)
    workers = Workers(worker(tmp_path, announcer), concurrency=1, grace_seconds=60)
    first, second = delivery("count"), delivery("count")
    running = [asyncio.ensure_future(workers.work(message)) for message in (first, second)]
    await asyncio.sleep(0)
    finishing = asyncio.ensure_future(workers.finish())
    await asyncio.sleep(0)
    broker.set()
    await finishing
    await asyncio.gather(*running)
    assert first.outcomes == ["ack"]
    assert second.outcomes == ["give back"]
