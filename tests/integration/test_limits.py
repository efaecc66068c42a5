"""How much may come: of a file, a request, and an owner in a day."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from aio_pika.abc import AbstractChannel

from tests.integration.test_resumable_uploads import TUS, at
from tests.integration.test_uploads import refused, requests_in, sources_in
from tests.services import running_gateway

pytestmark = pytest.mark.usefixtures("inspect_queue")


@pytest.fixture
async def gateway(broker_url: str, blobs: Path, inspect_queue: str) -> AsyncIterator[httpx.AsyncClient]:
    """It sends a cookie back, so its client is one owner."""
    limits: dict[str, Any] = {
        "gateway_max_file_bytes": 1000,
        "gateway_max_upload_bytes": 3000,
        "gateway_owner_files_a_day": 4,
        "gateway_owner_bytes_a_day": 2500,
    }
    async with running_gateway(broker_url, blobs.as_uri(), **limits) as url, httpx.AsyncClient(base_url=url) as client:
        yield client


def remaining(answer: httpx.Response) -> list[int]:
    """Files and bytes."""
    return [int(part.split(";r=")[1].split(";")[0]) for part in answer.headers["ratelimit"].split(", ")]


async def test_a_file_that_is_too_large(gateway: httpx.AsyncClient, blobs: Path) -> None:
    async def unknown_length() -> AsyncIterator[bytes]:
        yield bytes(1001)

    for answer in (
        await gateway.put("/upload/a", content=bytes(1001)),
        await gateway.put("/upload/a", content=unknown_length()),
        await gateway.post("/upload", files=[("file", ("a", b"x")), ("file", ("b", bytes(1001)))]),
        await gateway.post("/files", headers=TUS | {"Upload-Length": "1001"}),
    ):
        refused(answer, 413, "1000 bytes")
        assert answer.headers["upload-limit"] == "max-size=1000"
    assert sources_in(blobs) == {}
    assert (await gateway.put("/upload/a", content=bytes(1000))).status_code == 202


async def test_a_request_that_is_too_large(gateway: httpx.AsyncClient, blobs: Path) -> None:
    answer = await gateway.post("/upload", files=[("file", (str(number), bytes(900))) for number in range(4)])
    refused(answer, 413, "the request is larger than 3000 bytes")
    assert answer.headers["upload-limit"] == "max-size=3000"
    assert sources_in(blobs) == {}


async def test_an_owner_has_so_many_bytes_a_day(
    gateway: httpx.AsyncClient, blobs: Path, channel: AbstractChannel, inspect_queue: str
) -> None:
    assert remaining(await gateway.put("/upload/a", content=bytes(1000))) == [3, 1500]
    assert remaining(await gateway.put("/upload/b", content=bytes(900))) == [2, 600]
    answer = await gateway.put("/upload/c", content=bytes(601))
    refused(answer, 429, "2500 bytes a day")
    assert remaining(answer) == [2, 600]
    assert 0 < int(answer.headers["retry-after"]) <= 86_401
    assert len(sources_in(blobs)) == 2
    refused(await gateway.post("/files", headers=TUS | {"Upload-Length": "601"}), 429, "2500 bytes a day")
    gateway.cookies.clear()  # somebody else
    assert (await gateway.put("/upload/c", content=bytes(601))).status_code == 202
    assert len(await requests_in(channel, inspect_queue)) == 3


async def test_an_upload_that_keeps_its_length_to_itself_counts_as_it_grows(gateway: httpx.AsyncClient) -> None:
    for _ in range(2):
        url = (await gateway.post("/files", headers=TUS | {"Upload-Defer-Length": "1"})).headers["location"]
        for offset in (0, 500):
            assert (await gateway.patch(url, content=bytes(500), headers=TUS | at(offset))).status_code == 204
    url = (await gateway.post("/files", headers=TUS | {"Upload-Defer-Length": "1"})).headers["location"]
    refused(await gateway.patch(url, content=bytes(501), headers=TUS | at(0)), 429, "2500 bytes a day")
    assert (await gateway.patch(url, content=bytes(500), headers=TUS | at(0))).status_code == 204
    refused(await gateway.patch(url, content=b"x", headers=TUS | at(500)), 429, "2500 bytes a day")
    refused(await gateway.put("/upload/a", content=b"x"), 429, "2500 bytes a day")
    last = await gateway.patch(url, content=b"", headers=TUS | at(500) | {"Upload-Length": "500"})
    assert last.headers["stagecast-job"]


async def test_an_owner_has_so_many_files_a_day(gateway: httpx.AsyncClient, blobs: Path) -> None:
    await gateway.post("/upload", files=[("file", (str(number), b"x")) for number in range(3)])
    url = (await gateway.post("/files", headers=TUS | {"Upload-Length": "1"})).headers["location"]
    refused(await gateway.put("/upload/a", content=b"x"), 429, "4 files a day")
    refused(await gateway.post("/files", headers=TUS | {"Upload-Length": "1"}), 429, "4 files a day")
    assert (await gateway.patch(url, content=b"x", headers=TUS | at(0))).headers["stagecast-job"]
    assert len(sources_in(blobs)) == 4
