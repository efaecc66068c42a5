"""The compose stack as programs see it: streams through the edge, scaled out, taken down and brought up again."""

import asyncio
from contextlib import AsyncExitStack

import pytest

from tests.compose import ALL, Product
from tests.e2e.visitor import STAGES, unique
from tests.ground import wait_until
from tests.streams import Stream, listening

pytestmark = pytest.mark.timeout(400)


async def test_a_stream_comes_as_it_is_written_and_ends_with_its_client(product: Product) -> None:
    notifier = product.container("notifier")
    before = product.figure(notifier, "stagecast_notifier_streams")
    async with listening(product.url) as stream:
        assert "Content-Encoding" not in stream.answer.headers  # the client offered gzip
        await stream.snapshot()
        job_id = await asyncio.to_thread(product.upload, unique("stream.txt"))
        assert await stages_of(stream, job_id) == list(STAGES)  # while the stream is open
        assert product.figure(notifier, "stagecast_notifier_streams") == before + 1
    await asyncio.to_thread(
        wait_until,
        lambda: product.figure(notifier, "stagecast_notifier_streams") == before,
        30,
        what="the stream's end",
    )


async def test_scaled_out_every_client_is_whole_whichever_notifier_it_reaches(product: Product) -> None:
    await asyncio.to_thread(product.up, processor=4, notifier=2, gateway=2)
    async with AsyncExitStack() as clients:
        streams = [await clients.enter_async_context(listening(product.url)) for _ in range(6)]
        shares = [product.figure(each, "stagecast_notifier_streams") for each in product.containers("notifier")]
        assert min(shares) > 0
        names = [unique(f"{number}.txt") for number in range(6)]
        jobs = [await asyncio.to_thread(product.upload, name) for name in names]
        for stories in await asyncio.gather(*(whole_stories(stream, set(jobs)) for stream in streams)):
            assert stories == set(jobs)


async def test_down_and_up_again_loses_nothing(product: Product) -> None:
    done = product.upload(unique("done.txt"))
    await asyncio.to_thread(product.wait_completed, done)
    report = await asyncio.to_thread(product.report, done)
    async with listening(product.url) as stream:
        await stream.snapshot()
        cursor = stream.last_event_id
    product.run("stop", "processor")
    waiting = product.upload(unique("waiting.txt"))
    product.run("stop")
    ended = [container for service in ALL for container in product.containers(service)]
    assert {container.attrs["State"]["ExitCode"] for container in ended} == {0}  # SIGTERM reached them, in time
    product.run("down")
    assert product.containers("gateway") == []
    product.up()
    assert product.state(done) == "completed"
    assert await asyncio.to_thread(product.report, done) == report
    async with listening(product.url, last_event_id=cursor) as stream:
        first = await stream.frame()
        assert first.event == "message", first  # no snapshot: the log goes on where it was
        assert await stages_of(stream, waiting) == list(STAGES)


async def stages_of(stream: Stream, job_id: str) -> list[str]:
    """The stages of a job that were told as completed, up to the job's end."""
    stages: list[str] = []
    async with asyncio.timeout(90):
        while (event := await stream.event()).type != "job.completed" or event.subject != job_id:
            if event.subject == job_id and event.type == "stage.completed":
                stages.append(event.data.stage.name)
    return stages


async def whole_stories(stream: Stream, jobs: set[str]) -> set[str]:
    """The jobs that were told without a gap, once all of them have ended."""
    sequences: dict[str, list[int]] = {job_id: [] for job_id in jobs}
    ended: set[str] = set()
    async with asyncio.timeout(120):
        while ended != jobs:
            event = await stream.event()
            if event.subject in jobs:
                sequences[event.subject].append(event.data.sequence)
                if event.type == "job.completed":
                    ended.add(event.subject)
    return {job_id for job_id in jobs if sorted(set(sequences[job_id])) == list(range(max(sequences[job_id]) + 1))}
