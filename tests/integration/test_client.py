"""The client in Python, over real services, and over a proxy that loses what it can."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing
from pathlib import Path

import pytest
from aio_pika.abc import AbstractChannel
from pydantic import SecretStr

from client import (
    ClientError,
    Connected,
    LostError,
    RefusedError,
    Seen,
    Stagecast,
    UnreachableError,
    Upload,
    Waiting,
    connect,
)
from client.changes import Change
from client.download import Wanted, partial
from contracts.state import JobState
from notifier.__main__ import main as notifier_main
from notifier.settings import NotifierSettings
from tests.samples import JOB_ID, a_story
from tests.services import free_port, running, running_gateway, running_notifier, running_processor
from tests.streams import publish
from tests.web_proxy import WebProxy, in_front_of


@pytest.fixture
async def services(broker_url: str, blobs: Path, channel: AbstractChannel) -> AsyncIterator[tuple[str, WebProxy]]:
    """Gateway, notifier and a processor behind one origin."""
    store = blobs.as_uri()
    async with (
        running_processor(broker_url, store, "count", "naps"),
        running_gateway(broker_url, store) as gateway,
        running_notifier(broker_url, store_url=store) as notifier,
        in_front_of(gateway, events=notifier) as (url, proxy),
    ):
        yield url, proxy


@pytest.fixture
async def stagecast(services: tuple[str, WebProxy]) -> AsyncIterator[Stagecast]:
    async with connect(services[0]) as stagecast:
        yield stagecast


@pytest.fixture
def proxy(services: tuple[str, WebProxy]) -> WebProxy:
    return services[1]


def a_file(folder: Path, size: int = 600_000) -> Path:
    path = folder / "报告 50%.bin"
    path.write_bytes(bytes(size))
    return path


async def test_a_file_is_sent_and_its_job_followed_to_its_end(stagecast: Stagecast, tmp_path: Path) -> None:
    told: list[int] = []
    job = await stagecast.send(Upload(a_file(tmp_path), "count"), sent=told.append)
    assert (job.name, job.size, told[0], told[-1]) == ("报告 50%.bin", 600_000, 0, 600_000)
    seen = await jobs_seen(stagecast, job.id)
    assert seen[-1] == (JobState.COMPLETED, 1.0)
    assert [artifact.name for artifact in (await stagecast.job(job.id)).artifacts] == ["size.txt", "copy.txt"]


async def test_an_answer_that_was_lost_makes_no_second_job(
    stagecast: Stagecast, proxy: WebProxy, tmp_path: Path, blobs: Path
) -> None:
    waits: list[str] = []
    proxy.loses_answers = 1
    job = await stagecast.send(Upload(a_file(tmp_path), "count"), waiting=lambda reason, _: waits.append(reason))
    assert len(waits) == 1
    keys = {request.headers["idempotency-key"] for request in proxy.seen if request.method == "PUT"}
    assert (len([request for request in proxy.seen if request.method == "PUT"]), len(keys)) == (2, 1)
    assert [folder.name for folder in (blobs / "jobs").iterdir()] == [job.id]


async def test_a_proxy_without_its_server_is_waited_for(stagecast: Stagecast, proxy: WebProxy, tmp_path: Path) -> None:
    proxy.away = 1
    job = await stagecast.send(Upload(a_file(tmp_path), "count"))
    proxy.away = 2
    assert (await jobs_seen(stagecast, job.id))[-1] == (JobState.COMPLETED, 1.0)


async def test_what_is_refused_is_not_tried_again(stagecast: Stagecast, proxy: WebProxy, tmp_path: Path) -> None:
    with pytest.raises(RefusedError, match="no processor offers the pipeline 'nope'"):
        await stagecast.send(Upload(a_file(tmp_path), "nope"))
    assert len(proxy.seen) == 1


async def test_nobody_listens(tmp_path: Path) -> None:
    async with connect(f"http://127.0.0.1:{free_port()}") as stagecast:
        with pytest.raises(UnreachableError, match=r"nothing usable answers at http://127\.0\.0\.1"):
            await stagecast.send(Upload(a_file(tmp_path)))
        with pytest.raises(UnreachableError):
            await stagecast.listed()


async def test_a_cancelled_job_ends_and_is_tried_again(stagecast: Stagecast, tmp_path: Path, blobs: Path) -> None:
    job = await stagecast.send(Upload(a_file(tmp_path, 1), "naps"))
    async with aclosing(stagecast.follow(jobs=[job.id])) as changes:
        await until(changes, JobState.RUNNING)
        await stagecast.cancel(job.id)
        await until(changes, JobState.CANCELLED)
    assert (await stagecast.retry(job.id)).attempt == 2


async def test_a_job_that_is_unknown(stagecast: Stagecast) -> None:
    with pytest.raises(RefusedError, match="no such job was accepted here"):
        await stagecast.job(JOB_ID)


async def test_a_download_goes_on_after_a_cut(stagecast: Stagecast, proxy: WebProxy, tmp_path: Path) -> None:
    wanted, target, content = await made(stagecast, tmp_path)
    proxy.cuts_body_after = 3
    with pytest.raises(UnreachableError):
        await stagecast.download(wanted, target, progress=lambda _: None)
    assert not target.exists()
    assert partial(target).read_bytes() == content[:3]
    await stagecast.download(wanted, target, progress=lambda _: None)
    assert proxy.seen[-1].headers["range"] == "bytes=3-"
    assert target.read_bytes() == content
    assert not partial(target).exists()


async def test_a_download_that_is_damaged_never_stands_under_its_name(stagecast: Stagecast, tmp_path: Path) -> None:
    wanted, target, content = await made(stagecast, tmp_path)
    partial(target).write_bytes(b"x" * (len(content) - 1))
    with pytest.raises(ClientError, match="is removed: download it again"):
        await stagecast.download(wanted, target, progress=lambda _: None)
    assert not target.exists()
    await stagecast.download(wanted, target, progress=lambda _: None)
    assert target.read_bytes() == content


async def test_a_notifier_that_is_started_again_costs_nothing(
    broker_url: str, channel: AbstractChannel, blobs: Path
) -> None:
    """What is told while it is away comes after its restart, in order, and ends what is followed."""
    port, story = free_port(), a_story(progress=6)
    settings = NotifierSettings(
        amqp_url=SecretStr(broker_url), notifier_port=port, store_url=blobs.as_uri(), secret=SecretStr("client")
    )
    url = f"http://127.0.0.1:{port}"
    async with connect(url, events_url=url) as stagecast:
        async with running(notifier_main, settings, port):
            await publish(channel, *story[:3])
            changes = stagecast.follow(jobs=[JOB_ID])
            await until_sequence(changes, story[2].data.sequence)
        await publish(channel, *story[3:])
        assert isinstance(await anext(changes), Waiting)
        async with running(notifier_main, settings, port), aclosing(changes):
            seen = [change async for change in changes]
    assert any(isinstance(change, Connected) for change in seen)
    sequences = [job.sequence for change in seen if isinstance(change, Seen) for job in change.jobs]
    assert sequences == [event.data.sequence for event in story[3:]]


async def test_who_hears_nothing_for_too_long_is_told(tmp_path: Path) -> None:
    url = f"http://127.0.0.1:{free_port()}"
    async with (
        connect(url, events_url=url) as stagecast,
        aclosing(stagecast.follow(jobs=[JOB_ID], patience=5)) as changes,
    ):
        assert isinstance(await anext(changes), Waiting)
        with pytest.raises(LostError, match="no events for 5 s"):
            await anext(changes)


async def made(stagecast: Stagecast, folder: Path) -> tuple[Wanted, Path, bytes]:
    """An artifact of a job that is over, where it should go, and what it holds."""
    job = await stagecast.send(Upload(a_file(folder), "count"))
    await jobs_seen(stagecast, job.id)
    [artifact, _] = (await stagecast.job(job.id)).artifacts
    return stagecast.wanted(job.id, artifact), folder / "size.txt", b"600000"


async def jobs_seen(stagecast: Stagecast, job_id: str) -> list[tuple[JobState, float]]:
    """What a follower sees until the job's end."""
    async with asyncio.timeout(60), aclosing(stagecast.follow(jobs=[job_id])) as changes:
        return [(job.state, job.overall) async for change in changes if isinstance(change, Seen) for job in change.jobs]


async def until(changes: AsyncIterator[Change], state: JobState) -> None:
    async with asyncio.timeout(60):
        async for change in changes:
            if isinstance(change, Seen) and any(job.state is state for job in change.jobs):
                return


async def until_sequence(changes: AsyncIterator[Change], sequence: int) -> None:
    async with asyncio.timeout(60):
        async for change in changes:
            if isinstance(change, Seen) and any(job.sequence == sequence for job in change.jobs):
                return
