"""What becomes of deliveries; the stages run in real child processes, the broker is a fake."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

import obstore
import pytest

from contracts.blobs import attempt_key, cancellation_key, open_store, source_key
from contracts.claims import claimed_attempts
from contracts.events import Event, JobFailed, encode
from contracts.job import Job, JobRequest
from contracts.record import JobRecord, write_record
from contracts.state import JobState
from processor.catalogue import Offer, load_pipeline
from processor.errors import SupersededError
from processor.figures import Figures
from processor.folder import JobFolder
from processor.patience import Patience
from processor.plan import MAX_DEATHS, MAX_RETURNS
from processor.stops import Stops
from processor.turn import Means
from processor.verdict import DELAYS, SLICES
from processor.worker import Worker
from processor.workers import Workers
from processor.workshop import Workshop
from tests.attempts import fresh_record
from tests.fakes import FakeAnnouncer, FakeDelivery
from tests.ground import wait_until_async
from tests.samples import JOB_ID

T = TypeVar("T")
FIRST_PAUSES = {DELAYS[0] * share for share in SLICES}


@dataclass
class Post:
    """A processor's worker, a store with one file in it, and what the worker tells."""

    folder: Path
    announcer: FakeAnnouncer
    stops: Stops

    @property
    def store(self) -> Any:
        return open_store(self.folder.as_uri())

    def worker(self, source: str = "/processors/test") -> Worker:
        names = ("count", "trouble", "flaky", "steps", "brief")
        catalogue = {name: Offer(f"tests.pipelines:{name}", load_pipeline(f"tests.pipelines:{name}")) for name in names}
        workshop = Workshop(self.store, self.folder.as_uri())
        return Worker(catalogue, self.store, Means(workshop, self.announcer, self.stops), source)

    async def record(self) -> JobRecord:
        found = await JobFolder(self.store, JOB_ID, Patience()).read_record()
        assert found is not None
        return found

    def told(self, *, but: str = "stage.progressed") -> list[str]:
        return [event.type for event in self.announcer.events if event.type != but]

    def has_told(self, kind: str) -> bool:
        return any(event.type == kind for event in self.announcer.events)


@pytest.fixture
async def post(tmp_path: Path) -> Post:
    post = Post(tmp_path, FakeAnnouncer(), Stops())
    await obstore.put_async(post.store, source_key(JOB_ID), b"x")
    return post


def a_job(pipeline: str) -> Job:
    return Job(id=JOB_ID, name="a.txt", size=1, pipeline=pipeline)


def delivery(pipeline: str, *, returns: int = 0, attempt: int = 1) -> FakeDelivery:
    request = JobRequest(job=a_job(pipeline), attempt=attempt, accepted_at=datetime.now(UTC))
    return FakeDelivery(encode(request), returns, is_redelivered=returns > 0)


async def test_a_job_is_acknowledged_after_its_outcome_is_recorded_and_told(post: Post) -> None:
    message = delivery("count")
    await post.worker().work(message)
    assert post.told()[-1] == "job.completed"
    record = await post.record()
    assert (record.state, record.outcome) == (JobState.COMPLETED, post.announcer.events[-1])
    assert message.outcomes == ["ack"]


async def test_a_retry_is_sent_before_the_acknowledgement(post: Post) -> None:
    message = delivery("flaky")
    await post.worker().work(message)
    [(request, after)] = post.announcer.retries
    assert request.attempt == 2
    assert after in FIRST_PAUSES
    assert post.told()[-1] == "job.retrying"
    assert (await post.record()).failures == {"sometimes": 1}
    assert message.outcomes == ["ack"]


async def test_the_same_message_twice_at_once_is_one_attempt(post: Post) -> None:
    messages = [delivery("count") for _ in range(4)]
    await asyncio.gather(*(post.worker(f"/processors/{n}").work(message) for n, message in enumerate(messages)))
    assert post.told() == ["job.started", *["stage.started", "stage.completed"] * 2, "job.completed"]
    assert await claimed_attempts(post.store, JOB_ID) == [1]
    assert [message.outcomes for message in messages] == [["ack"]] * 4


async def test_a_job_whose_processor_died_goes_on_and_says_why(post: Post) -> None:
    await obstore.put_async(post.store, f"jobs/{JOB_ID}/artifacts/moment.txt", b"sleep")
    dying = asyncio.ensure_future(post.worker().work(delivery("steps")))
    await wait_until_async(lambda: post.has_told("stage.progressed"), 30)
    dying.cancel()
    await asyncio.wait({dying})
    post.announcer.events.clear()
    await obstore.put_async(post.store, f"jobs/{JOB_ID}/artifacts/moment.txt", b"right")
    half_written = post.folder / f"jobs/{JOB_ID}/artifacts/large.bin#1"
    half_written.touch()
    await post.worker("/processors/other").work(delivery("steps", returns=1))
    assert not half_written.exists()
    assert post.told() == ["job.retrying", "job.started", *["stage.started", "stage.completed"] * 2, "job.completed"]
    assert {event.data.attempt for event in post.announcer.events} == {2}
    assert "attempt 1 ended without a word" in post.announcer.events[0].data.model_dump()["reason"]
    assert (await post.record()).facts["conclude"] == {"seen": 1, "runs": 1}


async def test_an_outcome_that_was_recorded_and_perhaps_not_told_is_told_again(post: Post) -> None:
    await post.worker().work(delivery("flaky"))
    message = delivery("flaky", returns=1)
    await post.worker("/processors/other").work(message)
    first, again = (event for event in post.announcer.events if event.type == "job.retrying")
    assert first == again
    assert [request.attempt for request, _ in post.announcer.retries] == [2, 2]
    assert message.outcomes == ["ack"]


async def test_a_failure_that_was_perhaps_not_told_is_told_again(post: Post) -> None:
    await obstore.put_async(post.store, source_key(JOB_ID), b"raise")
    await post.worker().work(delivery("trouble"))
    await post.worker("/processors/other").work(delivery("trouble", returns=1))
    first, again = (event for event in post.announcer.events if event.type == "job.failed")
    assert first == again
    assert len(post.announcer.buried) == 2


async def test_a_dead_letter_can_be_sent_again_as_it_is(post: Post) -> None:
    await obstore.put_async(post.store, source_key(JOB_ID), b"raise")
    await post.worker().work(delivery("trouble"))
    [(body, _)] = post.announcer.buried
    await obstore.put_async(post.store, source_key(JOB_ID), b"fine now")
    await post.worker().work(FakeDelivery(body))
    assert post.told()[-4:] == ["job.started", "stage.started", "stage.completed", "job.completed"]
    assert "job.queued" in post.told()


async def test_a_job_that_kills_its_processors_is_given_up_aloud(post: Post) -> None:
    worker, message = post.worker(), delivery("count", returns=MAX_DEATHS)
    for attempt in range(1, MAX_DEATHS + 1):
        claim = b'{"attempt": %d, "request": 1, "holder": "/processors/dead", "token": ""}' % attempt
        await obstore.put_async(post.store, attempt_key(JOB_ID, attempt), claim)
    await worker.work(message)
    assert post.told() == ["job.started", "job.failed"]
    [(_, reason)] = post.announcer.buried
    assert "none of them lived" in reason
    assert message.outcomes == ["ack"]


@pytest.mark.parametrize("body", [b"", b"{}", encode(Job(id=JOB_ID, name="a", size=1, pipeline="count"))])
async def test_what_is_no_job_is_buried(post: Post, body: bytes) -> None:
    message = FakeDelivery(body)
    await post.worker().work(message)
    assert post.announcer.buried[0][0] == body
    assert post.announcer.events == []
    assert message.outcomes == ["ack"]


async def test_a_record_that_cannot_be_read_costs_the_checkpoint_and_not_the_job(post: Post) -> None:
    await obstore.put_async(post.store, f"jobs/{JOB_ID}/job.json", b"no record")
    await post.worker().work(delivery("count"))
    assert post.told()[-1] == "job.completed"


async def test_a_job_that_was_marked_before_it_began_is_cancelled(post: Post) -> None:
    await obstore.put_async(post.store, cancellation_key(JOB_ID), b"{}")
    message = delivery("count")
    await post.worker().work(message)
    assert post.told() == ["job.started", "job.cancelled"]
    assert message.outcomes == ["ack"]


async def test_a_cancelled_job_stops_and_its_half_done_artifacts_go(post: Post) -> None:
    await obstore.put_async(post.store, source_key(JOB_ID), b"sleep")
    message = delivery("steps")
    working = asyncio.ensure_future(post.worker().work(message))
    await wait_until_async(lambda: "child.txt" in names_in(post), 30)
    post.stops.cancel(JOB_ID)
    await working
    assert post.told()[-1] == "job.cancelled"
    assert names_in(post) == ["runs.txt"]
    record = await post.record()
    assert (record.state, [stage.state for stage in record.stages]) == (
        JobState.CANCELLED,
        ["completed", "cancelled", "pending"],
    )
    assert message.outcomes == ["ack"]


async def test_a_job_that_is_cancelled_just_as_it_fails_is_not_tried_again(post: Post) -> None:
    class Late(FakeAnnouncer):
        """The mark comes when the stage has just failed."""

        async def publish(self, *events: Event) -> None:
            await super().publish(*events)
            if any(event.type == "stage.failed" for event in events):
                await obstore.put_async(post.store, cancellation_key(JOB_ID), b"{}")

    post.announcer = Late()
    message = delivery("flaky")
    await post.worker().work(message)
    assert post.told()[-3:] == ["stage.failed", "job.retrying", "job.cancelled"]
    assert post.announcer.retries == []
    assert message.outcomes == ["ack"]


async def test_a_job_that_takes_too_long_fails_and_is_not_tried_again(post: Post) -> None:
    message = delivery("brief")
    await post.worker().work(message)
    last = post.announcer.events[-1]
    assert isinstance(last, JobFailed)
    assert last.data.reason == "the job took longer than 0:00:02 and was ended"
    assert post.announcer.retries == []
    assert message.outcomes == ["ack"]


async def test_the_limit_counts_from_the_first_attempt(post: Post) -> None:
    long_ago = datetime.now(UTC) - timedelta(hours=1)
    known = fresh_record(a_job("brief")).model_copy(update={"state": JobState.RETRYING, "begun_at": long_ago})
    await write_record(post.store, known)
    await post.worker().work(delivery("brief", attempt=2))
    assert post.told()[0] == "job.started"
    assert post.told()[-1] == "job.failed"
    assert "longer than" in post.announcer.buried[0][1]


async def test_a_cancelled_task_settles_nothing(post: Post) -> None:
    post.announcer.is_away = asyncio.Event()
    message = delivery("count")
    working = asyncio.ensure_future(post.worker().work(message))
    await wait_until_async((post.folder / attempt_key(JOB_ID, 1)).exists, 30)
    working.cancel()
    await asyncio.wait({working})
    assert message.outcomes == []
    assert b'"is_released":true' in (post.folder / attempt_key(JOB_ID, 1)).read_bytes()


@pytest.mark.parametrize("outcome", ["job.failed", "job.retrying", "job.completed"])
async def test_an_outcome_that_a_lost_connection_kept_untold_stands(post: Post, outcome: str) -> None:
    class Losing(FakeAnnouncer):
        """The connection is lost when the outcome is to be told."""

        async def publish(self, *events: Event) -> None:
            if any(event.type == outcome for event in events):
                lost.set()
                await asyncio.Event().wait()
            await super().publish(*events)

    lost, telling = asyncio.Event(), post.announcer
    post.announcer = Losing()
    pipeline = {"job.failed": "trouble", "job.retrying": "flaky", "job.completed": "count"}[outcome]
    await obstore.put_async(post.store, source_key(JOB_ID), b"raise")
    working = asyncio.ensure_future(post.worker().work(delivery(pipeline)))
    await asyncio.wait_for(lost.wait(), 30)
    working.cancel()
    await asyncio.wait({working})
    post.announcer = telling
    await post.worker("/processors/other").work(delivery(pipeline, returns=1))
    assert post.told() == [outcome]
    assert (len(telling.retries), len(telling.buried)) == (outcome == "job.retrying", outcome == "job.failed")


async def test_at_the_end_what_waits_is_given_back_and_what_runs_is_handed_back(post: Post) -> None:
    await obstore.put_async(post.store, source_key(JOB_ID), b"silent")
    workers = Workers(post.worker(), post.stops, Figures(), concurrency=1, grace_seconds=0.1)
    first, second = delivery("trouble"), delivery("trouble")
    running = [asyncio.ensure_future(workers.work(message)) for message in (first, second)]
    await wait_until_async(lambda: post.has_told("stage.progressed"), 30)
    await workers.finish()
    await asyncio.wait(running)
    assert (first.outcomes, second.outcomes) == (["give back"], ["give back"])
    assert post.told()[-1] == "job.retrying"
    assert (await post.record()).state is JobState.RETRYING
    await obstore.put_async(post.store, source_key(JOB_ID), b"fine now")
    await Post(post.folder, post.announcer, Stops()).worker().work(delivery("trouble"))
    assert post.told()[-2:] == ["stage.completed", "job.completed"]


async def test_a_job_that_ends_within_the_grace_period_is_not_handed_back(post: Post) -> None:
    workers = Workers(post.worker(), post.stops, Figures(), concurrency=1, grace_seconds=30)
    message = delivery("count")
    running = asyncio.ensure_future(workers.work(message))
    await wait_until_async(lambda: post.has_told("job.started"), 30)
    await workers.finish()
    await running
    assert post.told()[-1] == "job.completed"
    assert message.outcomes == ["ack"]


def names_in(post: Post) -> list[str]:
    return sorted(path.name for path in (post.folder / "jobs" / JOB_ID).glob("artifacts/*"))


class Frozen(Patience):
    """Stops before one of its operations, until it is thawed."""

    def __init__(self, *, before: int) -> None:
        super().__init__()
        self._left = before
        self.is_frozen, self.thawed = asyncio.Event(), asyncio.Event()

    async def until_done(self, work: Callable[[], Awaitable[T]]) -> T:
        self._left -= 1
        if self._left == 0:
            self.is_frozen.set()
            await self.thawed.wait()
        return await super().until_done(work)


async def test_a_processor_frozen_before_its_write_puts_back_the_end_that_it_overwrote(post: Post) -> None:
    await obstore.put_async(post.store, attempt_key(JOB_ID, 1), b"{}")
    running = fresh_record(a_job("count")).model_copy(update={"state": JobState.RUNNING, "sequence": 1})
    patience = Frozen(before=2)  # it has looked for a later claim, and is about to write
    writing = asyncio.create_task(JobFolder(post.store, JOB_ID, patience).write_record(running))
    await asyncio.wait_for(patience.is_frozen.wait(), 30)
    await post.worker().work(delivery("count", returns=1))
    ended = await post.record()
    assert (ended.state, ended.attempt) == (JobState.COMPLETED, 2)
    patience.thawed.set()
    with pytest.raises(SupersededError):
        await writing
    assert await post.record() == ended


async def test_a_job_that_was_taken_over_meanwhile_is_left_alone_by_who_hears_late_that_it_is_to_end(
    post: Post,
) -> None:
    await obstore.put_async(post.store, source_key(JOB_ID), b"sleep")
    message = delivery("steps")
    working = asyncio.ensure_future(post.worker().work(message))
    await wait_until_async(lambda: "child.txt" in names_in(post), 30)
    await obstore.put_async(post.store, attempt_key(JOB_ID, 2), b"{}")
    post.stops.cancel(JOB_ID)
    await working
    assert "job.cancelled" not in post.told()
    assert names_in(post) == ["child.txt", "runs.txt"]
    assert message.outcomes == ["ack"]


async def test_what_a_killed_stage_has_half_written_is_removed_when_the_job_has_failed(post: Post) -> None:
    await obstore.put_async(post.store, source_key(JOB_ID), b"killed")
    half_written = post.folder / f"jobs/{JOB_ID}/artifacts/large.bin#1"
    half_written.parent.mkdir()
    half_written.touch()
    await post.worker().work(delivery("trouble"))
    assert post.told()[-1] == "job.failed"
    assert not half_written.exists()


async def test_a_message_that_came_back_often_is_sent_anew(post: Post) -> None:
    message = delivery("count", returns=MAX_RETURNS)
    await post.worker().work(message)
    assert [encode(request) for request in post.announcer.submitted] == [message.body]
    assert post.told() == []
    assert message.outcomes == ["ack"]
