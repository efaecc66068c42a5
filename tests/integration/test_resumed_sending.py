"""`send` of big files: over cuts, over a kill, and to gateways of other kinds."""

import asyncio
import hashlib
import os
import random
import signal
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
from aio_pika.abc import AbstractChannel

from client import ChangedError, Upload, connect
from client.sending import WHOLE_UP_TO
from client.upload import Unkept
from tests.cutting import cutting
from tests.ground import wait_until_async
from tests.integration.test_uploads import requests_in
from tests.services import running_gateway
from tests.stack import PROJECT, clean_environment
from tests.web_proxy import in_front_of

SIZE = 40_000_000
BIG = WHOLE_UP_TO + 1

pytestmark = pytest.mark.usefixtures("inspect_queue")


@pytest.fixture
async def gateway(broker_url: str, blobs: Path, inspect_queue: str) -> AsyncIterator[str]:
    async with running_gateway(broker_url, blobs.as_uri()) as url:
        yield url


def a_file(folder: Path, size: int) -> Path:
    path = folder / "报告 50%.bin"
    path.write_bytes(os.urandom(size))
    return path


def port_of(url: str) -> int:
    return httpx.URL(url).port or 0


async def check(channel: AbstractChannel, queue: str, blobs: Path, file: Path, job_id: str) -> None:
    """There is this one job, and every byte is right."""
    content = file.read_bytes()  # noqa: ASYNC240 - a local file
    [found] = [request.job for request in await requests_in(channel, queue)]
    sha256 = hashlib.sha256(content).hexdigest()
    assert (found.id, found.name, found.size, found.sha256) == (job_id, file.name, len(content), sha256)
    assert (blobs / "jobs" / job_id / "source").read_bytes() == content
    assert [folder.name for folder in (blobs / "jobs").iterdir()] == [job_id]


async def test_cuts_cost_no_byte(
    gateway: str, channel: AbstractChannel, inspect_queue: str, blobs: Path, tmp_path: Path
) -> None:
    """More of them than there are tries: what has arrived begins a new row."""
    file, place, waits, told = a_file(tmp_path, SIZE), Unkept(), list[str](), list[int]()
    marks = [SIZE // 9 * number + random.randrange(SIZE // 20) for number in range(1, 9)]
    with cutting("127.0.0.1", port_of(gateway), marks) as (url, cutter):
        async with connect(url) as stagecast:
            job = await stagecast.send(
                Upload(file), place=place, sent=told.append, waiting=lambda reason, _: waits.append(reason)
            )
    assert (cutter.cuts, len(waits), told[-1], place.url) == (8, 8, SIZE, None)
    assert job.sha256 == hashlib.sha256(file.read_bytes()).hexdigest()
    await check(channel, inspect_queue, blobs, file, job.id)


async def test_a_second_process_goes_on_where_a_killed_one_was(
    gateway: str, channel: AbstractChannel, inspect_queue: str, blobs: Path, tmp_path: Path
) -> None:
    file, kept = a_file(tmp_path, SIZE), tmp_path / "state" / "stagecast" / "uploads"
    with cutting("127.0.0.1", port_of(gateway), [SIZE // 2], swallows=True) as (url, cutter):
        first = await sending(url, file, tmp_path)
        await wait_until_async(lambda: cutter.cuts, 60, what="the middle of the upload")
        first.send_signal(signal.SIGKILL)
        await first.wait()
        upload = next(kept.iterdir()).read_text().rsplit("/", 1)[-1]
        await wait_until_async(lambda: is_half_there(gateway, upload), 60, what="what came, to be stored")
        second = await sending(url, file, tmp_path)
        printed, _ = await second.communicate()
        assert cutter.sent < SIZE * 5 // 4
    assert second.returncode == 0
    assert list(kept.iterdir()) == []
    await check(channel, inspect_queue, blobs, file, printed.decode().strip())


async def test_an_upload_that_was_removed_is_begun_anew(
    gateway: str, channel: AbstractChannel, inspect_queue: str, blobs: Path, tmp_path: Path
) -> None:
    file, place = a_file(tmp_path, BIG), Unkept(f"{gateway}/files/0d8f4f6e-7a0b-4d0e-9e2e-0f3f6f3c7d11")
    async with connect(gateway) as stagecast:
        job = await stagecast.send(Upload(file), place=place)
    assert place.url is None
    await check(channel, inspect_queue, blobs, file, job.id)


async def test_a_creation_whose_answer_is_lost_is_the_same_upload(gateway: str, blobs: Path, tmp_path: Path) -> None:
    async with in_front_of(gateway) as (url, proxy), connect(url) as stagecast:
        proxy.loses_answers = 1
        await stagecast.send(Upload(a_file(tmp_path, BIG)))
        assert [request.method for request in proxy.seen] == ["POST", "POST", "PATCH", "GET"]
    assert len(list((blobs / "uploads").iterdir())) == 1


async def test_an_end_whose_answer_is_lost_makes_no_second_job(
    gateway: str, channel: AbstractChannel, inspect_queue: str, blobs: Path, tmp_path: Path
) -> None:
    file = a_file(tmp_path, BIG)
    async with in_front_of(gateway) as (url, proxy), connect(url) as stagecast:

        def lose_the_end(size: int) -> None:
            proxy.loses_answers = int(size == BIG and not any(each.method == "HEAD" for each in proxy.seen))

        job = await stagecast.send(Upload(file), sent=lose_the_end)
        assert [request.method for request in proxy.seen] == ["POST", "PATCH", "HEAD", "GET"]
    await check(channel, inspect_queue, blobs, file, job.id)


@pytest.mark.parametrize("status", [404, 405, 200])
async def test_a_gateway_that_knows_no_resumable_uploads_gets_the_file_whole(
    gateway: str, channel: AbstractChannel, inspect_queue: str, blobs: Path, tmp_path: Path, status: int
) -> None:
    file = a_file(tmp_path, BIG)
    async with in_front_of(gateway) as (url, proxy), connect(url) as stagecast:
        proxy.refuses["/files"] = status
        job = await stagecast.send(Upload(file))
        assert [request.method for request in proxy.seen] == ["POST", "PUT"]
    await check(channel, inspect_queue, blobs, file, job.id)


async def test_a_small_file_is_one_request(gateway: str, tmp_path: Path) -> None:
    async with in_front_of(gateway) as (url, proxy), connect(url) as stagecast:
        await stagecast.send(Upload(a_file(tmp_path, WHOLE_UP_TO)))
        assert [request.method for request in proxy.seen] == ["PUT"]


async def test_a_file_that_is_changed_between_two_tries_is_not_mixed(
    gateway: str, channel: AbstractChannel, inspect_queue: str, tmp_path: Path
) -> None:
    file, place = a_file(tmp_path, SIZE), Unkept()

    def change(*_: object) -> None:
        os.utime(file, ns=(0, 0))

    with cutting("127.0.0.1", port_of(gateway), [SIZE // 2]) as (url, _):
        async with connect(url) as stagecast:
            with pytest.raises(ChangedError, match="was changed while it was sent: send it again"):
                await stagecast.send(Upload(file), place=place, waiting=change)
    assert place.url is None
    assert await requests_in(channel, inspect_queue) == []


async def sending(url: str, file: Path, folder: Path) -> asyncio.subprocess.Process:
    """`stagecast send`, as a process of its own."""
    environment = {**clean_environment(), "STAGECAST_URL": url, "XDG_STATE_HOME": str(folder / "state")}
    return await asyncio.create_subprocess_exec(
        sys.executable, "-m", "cli", "send", str(file), cwd=PROJECT, env=environment, stdout=asyncio.subprocess.PIPE
    )


async def is_half_there(gateway: str, upload: str) -> bool:
    """Whether about half of it is stored, as the gateway itself says."""
    async with httpx.AsyncClient(headers={"Tus-Resumable": "1.0.0"}) as http:
        answer = await http.head(f"{gateway}/files/{upload}")
    return int(answer.headers["upload-offset"]) > SIZE * 2 // 5
