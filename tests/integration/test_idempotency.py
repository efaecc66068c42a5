"""Uploads that come twice under one `Idempotency-Key`."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from aio_pika.abc import AbstractChannel

from tests.ground import wait_until_async
from tests.integration.conftest import Listener
from tests.integration.test_uploads import refused, requests_in, sources_in
from tests.proxy import cuttable
from tests.services import answering, running_gateway

KEY = {"Idempotency-Key": '"8e03978e-40d5-43dd-bc93-6894a57f9324"'}


@pytest.fixture
async def gateway(broker_url: str, blobs: Path, inspect_queue: str) -> AsyncIterator[httpx.AsyncClient]:
    async with running_gateway(broker_url, blobs.as_uri()) as url, httpx.AsyncClient(base_url=url) as client:
        yield client


def files(*contents: bytes) -> Any:
    return [("file", (f"{number}.txt", content)) for number, content in enumerate(contents)]


async def test_the_same_key_gives_the_same_jobs_back(
    gateway: httpx.AsyncClient, blobs: Path, channel: AbstractChannel, inspect_queue: str
) -> None:
    first = await gateway.post("/upload", files=files(b"one", b"two"), headers=KEY)
    again = await gateway.post("/upload", files=files(b"one", b"two"), headers=KEY)
    assert (first.status_code, again.status_code) == (202, 202)
    assert again.json() == first.json()
    assert again.headers["location"] == first.headers["location"]
    assert sorted(sources_in(blobs).values()) == [b"one", b"two"]
    jobs = {job["id"] for job in first.json()["jobs"]}
    assert {request.job.id for request in await requests_in(channel, inspect_queue)} == jobs


async def test_without_a_key_or_with_another_each_upload_is_a_job(gateway: httpx.AsyncClient, blobs: Path) -> None:
    for headers in ({}, {}, {"Idempotency-Key": "a"}, {"Idempotency-Key": "b"}):
        assert (await gateway.post("/upload", files=files(b"x"), headers=headers)).status_code == 202
    assert len(sources_in(blobs)) == 4


async def test_two_at_once_are_one_job(gateway: httpx.AsyncClient, blobs: Path) -> None:
    answers = await asyncio.gather(
        *(gateway.put("/upload/a.bin", content=bytes(3_000_000), headers=KEY) for _ in range(5))
    )
    assert {answer.status_code for answer in answers} == {202}
    [job_id] = {answer.json()["jobs"][0]["id"] for answer in answers}
    await wait_until_async(lambda: list(sources_in(blobs)) == [job_id], 30)


@pytest.mark.parametrize("key", ["", "ä", "x" * 256, "a b"])
async def test_a_key_that_is_none_is_refused(gateway: httpx.AsyncClient, blobs: Path, key: str) -> None:
    headers = [(b"Idempotency-Key", key.encode())]
    refused(await gateway.post("/upload", files=files(b"x"), headers=headers), 400, "visible ASCII")
    assert sources_in(blobs) == {}


async def test_a_key_stands_for_one_kind_of_request(gateway: httpx.AsyncClient) -> None:
    await gateway.put("/upload/a.txt", content=b"x", headers=KEY)
    refused(await gateway.put("/upload/b.txt", content=b"x", headers=KEY), 422, "PUT /upload/a.txt")


@pytest.mark.parametrize("other", [(b"two",), (b"one", b"two"), ()])
async def test_a_key_stands_for_these_bytes(gateway: httpx.AsyncClient, blobs: Path, other: tuple[bytes, ...]) -> None:
    await gateway.post("/upload", files=files(b"one"), headers=KEY)
    sent = {"files": files(*other)} if other else {"files": [("file", ("renamed.txt", b"one"))]}
    refused(await gateway.post("/upload", **sent, headers=KEY), 422, "other files")
    assert list(sources_in(blobs).values()) == [b"one"]


async def test_a_sender_that_goes_away_may_come_again(gateway: httpx.AsyncClient, blobs: Path) -> None:
    async def broken() -> AsyncIterator[bytes]:
        yield b"x" * 100_000
        raise ConnectionResetError

    with pytest.raises(ConnectionResetError):
        await gateway.put("/upload/a.txt", content=broken(), headers=KEY)
    answer = await gateway.put("/upload/a.txt", content=b"whole", headers=KEY)
    assert answer.status_code == 202
    assert sources_in(blobs) == {answer.json()["jobs"][0]["id"]: b"whole"}


async def test_what_the_broker_did_not_take_is_sent_when_the_request_comes_again(
    broker_url: str, blobs: Path, channel: AbstractChannel, inspect_queue: str, events: Listener
) -> None:
    async with cuttable(broker_url) as (url, proxy), running_gateway(url, blobs.as_uri()) as base:

        async def body() -> AsyncIterator[bytes]:
            yield b"x" * 6_000_000
            proxy.cut()
            yield b"x"

        async with httpx.AsyncClient(base_url=base, timeout=30) as client:
            refused(await client.put("/upload/a.txt", content=body(), headers=KEY), 503, "same Idempotency-Key")
            [job_id] = sources_in(blobs)
            proxy.mend()
            await answering(f"{base}/readyz")
            answer = await client.put("/upload/a.txt", content=b"x" * 6_000_001, headers=KEY)
    assert answer.status_code == 202
    assert answer.json()["jobs"][0]["id"] == job_id
    [request] = await requests_in(channel, inspect_queue)
    assert request.job.id == job_id
    await events.until("job.queued")


async def test_a_key_whose_jobs_were_removed_stands_for_nothing(gateway: httpx.AsyncClient, blobs: Path) -> None:
    first = await gateway.put("/upload/a.txt", content=b"x", headers=KEY)
    (blobs / "jobs" / first.json()["jobs"][0]["id"] / "upload.json").unlink()
    again = await gateway.put("/upload/a.txt", content=b"x", headers=KEY)
    assert again.status_code == 202
    assert again.headers["location"] != first.headers["location"]
