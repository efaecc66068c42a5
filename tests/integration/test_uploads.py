"""Uploads, over HTTP, into a real folder and a real broker."""

import asyncio
import json
import shutil
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import psutil
import pytest
from aio_pika.abc import AbstractChannel

from contracts.job import decode_job_request
from contracts.topology import JOBS, declare, job_queue
from tests.ground import wait_until_async
from tests.integration.conftest import Listener
from tests.proxy import cuttable
from tests.services import answering, free_port, running_gateway

MEGABYTE = 1_000_000

pytestmark = pytest.mark.usefixtures("inspect_queue")


@pytest.fixture
async def gateway(broker_url: str, blobs: Path, inspect_queue: str) -> AsyncIterator[httpx.AsyncClient]:
    async with (
        running_gateway(broker_url, blobs.as_uri(), gateway_max_upload_bytes=20_000_000, gateway_max_files=5) as url,
        httpx.AsyncClient(base_url=url, timeout=30) as client,
    ):
        yield client


def left_in(blobs: Path) -> list[Path]:
    """All but the folder of all jobs."""
    return sorted(path for path in blobs.rglob("*") if path != blobs / "jobs")


def sources_in(blobs: Path) -> dict[str, bytes]:
    return {path.parent.name: path.read_bytes() for path in blobs.rglob("source")}


async def requests_in(channel: AbstractChannel, queue: str) -> list[Any]:
    found = []
    source = await channel.get_queue(queue)
    while (message := await source.get(no_ack=True, fail=False)) is not None:
        found.append(decode_job_request(message.body))
    return found


def refused(answer: httpx.Response, status: int, words: str) -> None:
    """A problem document (RFC 9457) that says so."""
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    told = answer.json()
    assert told["status"] == status
    assert words in told["detail"]


async def test_files_become_jobs(
    gateway: httpx.AsyncClient, blobs: Path, channel: AbstractChannel, inspect_queue: str, events: Listener
) -> None:
    sent = {"报告 😀.csv": b"a,b\n1,2\n", "empty": b"", "big.bin": bytes(3_000_000)}
    answer = await gateway.post("/upload", files=[("file", (name, content)) for name, content in sent.items()])
    assert answer.status_code == 202
    jobs = answer.json()["jobs"]
    assert [(job["name"], job["size"], job["pipeline"]) for job in jobs] == [
        (name, len(content), "inspect") for name, content in sent.items()
    ]
    assert answer.headers["location"] == f"/jobs/{jobs[0]['id']}"
    assert sources_in(blobs) == {job["id"]: sent[job["name"]] for job in jobs}
    requests = await requests_in(channel, inspect_queue)
    assert [request.job.id for request in requests] == [job["id"] for job in jobs]
    told = await events.until("job.queued", count=3)
    assert [event.data.job for event in told] == [request.job for request in requests]
    assert all(event.data.job.owner for event in told)


async def test_a_bare_body_is_a_file(gateway: httpx.AsyncClient, blobs: Path) -> None:
    answer = await gateway.put("/upload/dir/r%C3%A9sum%C3%A9.txt", content=b"hello")
    assert answer.status_code == 202
    [job] = answer.json()["jobs"]
    assert (job["name"], job["size"]) == ("résumé.txt", 5)
    assert sources_in(blobs) == {job["id"]: b"hello"}


async def test_a_job_can_be_looked_up(gateway: httpx.AsyncClient) -> None:
    answer = await gateway.post("/upload", files={"file": ("a.txt", b"x")})
    told = (await gateway.get(answer.headers["location"])).json()
    assert (told["job"]["name"], told["job"]["size"], told["artifacts"]) == ("a.txt", 1, [])
    assert (told["state"], told["attempt"]) == ("queued", 1)
    assert told["links"]["cancel"] == f"{answer.headers['location']}/cancel"


@pytest.mark.parametrize(
    ("raw", "shown"),
    [
        (b"../../etc/passwd", "passwd"),
        (b"..", "unnamed"),
        (b"a%0D%0A%0D%0Adata: b", "a data: b"),
        (b"a%22b.txt", 'a"b.txt'),
        (b'a\\"b.txt', 'a"b.txt'),
        (b"nul\0byte", None),
        (b"x" * 10_000 + b".txt", "x" * 248 + "….txt"),
        (("é" * 125 + ".csv").encode(), "é" * 125 + ".csv"),
        (b"<img src=x onerror=alert(1)>", "<img src=x onerror=alert(1)>"),
    ],
)
async def test_names_are_text_and_never_paths(
    gateway: httpx.AsyncClient, blobs: Path, raw: bytes, shown: str | None
) -> None:
    body = b'--B\r\nContent-Disposition: form-data; name="file"; filename="%s"\r\n\r\nx\r\n--B--\r\n' % raw
    answer = await gateway.post("/upload", content=body, headers={"Content-Type": "multipart/form-data; boundary=B"})
    if shown is None and answer.status_code == 400:
        return  # a NUL may not stand in a header at all
    assert answer.status_code == 202, answer.text
    [job] = answer.json()["jobs"]
    assert job["name"] == (shown or "nulbyte")
    assert {path.parts[len(blobs.parts)] for path in left_in(blobs)} == {"jobs"}


def form(body: bytes) -> dict[str, Any]:
    return {"content": body, "headers": {"Content-Type": "multipart/form-data; boundary=B"}}


FILE = b'--B\r\nContent-Disposition: form-data; name="file"; filename="f"\r\n\r\ncontent\r\n'
HEAD = b"POST /upload HTTP/1.1\r\nHost: localhost\r\nContent-Type: multipart/form-data; boundary=B\r\n"
HEADS = {
    HEAD: FILE.removesuffix(b"\r\n"),
    b"PUT /upload/f HTTP/1.1\r\nHost: localhost\r\n": b"",
}  # and how a body begins


@pytest.mark.parametrize(
    ("request_", "status", "words"),
    [
        ({"json": {}}, 415, "multipart/form-data"),
        ({"content": b"x", "headers": {"Content-Type": "multipart/form-data"}}, 415, "boundary"),
        (form(b"hello"), 400, "well-formed"),
        (form(FILE), 400, "cut short"),
        (form(FILE[:-6]), 400, "cut short"),
        (form(FILE + b"--wrong--\r\n"), 400, "cut short"),
        (form(b"--B--\r\n"), 422, "no file"),
        (form(b'--B\r\nContent-Disposition: form-data; name="a"\r\n\r\nx\r\n--B--\r\n'), 422, "no file"),
        (form(b'--B\r\nContent-Disposition: form-data; name="file"\r\n\r\nx\r\n--B--\r\n'), 422, "no file name"),
        (form(FILE * 6 + b"--B--\r\n"), 422, "more than 5 files"),
        (
            form(b'--B\r\nContent-Disposition: form-data; name="pipeline"\r\n\r\nnope\r\n' + FILE + b"--B--"),
            422,
            "'nope'",
        ),
        (form(FILE + b'--B\r\nContent-Disposition: form-data; name="pipeline"\r\n\r\n../x\r\n--B--'), 422, "'../x'"),
        ({"files": {"file": ("f", b"x")}, "params": {"pipeline": "nope"}}, 422, "no processor offers"),
        ({"files": {"file": ("f", bytes(20_000_001))}}, 413, "20000000 bytes"),
    ],
)
async def test_what_cannot_be_taken_is_refused_and_leaves_nothing(
    gateway: httpx.AsyncClient,
    blobs: Path,
    channel: AbstractChannel,
    inspect_queue: str,
    request_: dict[str, Any],
    status: int,
    words: str,
) -> None:
    refused(await gateway.post("/upload", **request_), status, words)
    assert left_in(blobs) == []
    assert await requests_in(channel, inspect_queue) == []


@pytest.mark.parametrize("head", HEADS)
async def test_what_says_that_it_is_too_large_is_refused_unread(
    gateway: httpx.AsyncClient, blobs: Path, head: bytes
) -> None:
    reader, writer = await asyncio.open_connection(gateway.base_url.host, gateway.base_url.port)
    writer.write(head + b"Content-Length: 20000001\r\n\r\n")  # and not one byte of it
    async with asyncio.timeout(30):
        assert b" 413 " in await reader.readuntil(b"\r\n")
    writer.transport.abort()
    await wait_until_async(lambda: left_in(blobs) == [], 30)


async def test_a_body_of_unknown_length_is_cut_at_the_limit(gateway: httpx.AsyncClient, blobs: Path) -> None:
    reader, writer = await asyncio.open_connection(gateway.base_url.host, gateway.base_url.port)
    head = HEAD + b"Transfer-Encoding: chunked\r\n\r\n"
    first = FILE.removesuffix(b"content\r\n")
    writer.write(head + b"%x\r\n%s\r\n" % (len(first), first))
    answering = asyncio.ensure_future(reader.readuntil(b"\r\n"))
    sent = 0
    while not answering.done():
        writer.write(b"%x\r\n%s\r\n" % (100_000, bytes(100_000)))
        sent += 100_000
        await writer.drain()
        await asyncio.sleep(0)
    assert b" 413 " in await answering
    assert 20_000_000 < sent < 200_000_000
    assert sources_in(blobs) == {}
    writer.transport.abort()


async def test_a_pipeline_may_be_chosen_after_the_file(gateway: httpx.AsyncClient, channel: AbstractChannel) -> None:
    await declare(channel, job_queue("count"))
    field = b'--B\r\nContent-Disposition: form-data; name="pipeline"\r\n\r\ncount\r\n--B--\r\n'
    answer = await gateway.post("/upload", **form(FILE + field))
    assert answer.json()["jobs"][0]["pipeline"] == "count"
    [request] = await requests_in(channel, "jobs.count")
    assert request.job.pipeline == "count"


@pytest.mark.parametrize(("head", "first"), HEADS.items())
async def test_a_sender_that_goes_away_leaves_nothing(
    gateway: httpx.AsyncClient, blobs: Path, head: bytes, first: bytes
) -> None:
    reader, writer = await asyncio.open_connection(gateway.base_url.host, gateway.base_url.port)
    writer.write(head + b"Content-Length: 9999999\r\n\r\n" + first + bytes(6_000_000))
    await writer.drain()
    await wait_until_async(lambda: any(blobs.rglob("source*")), 30)
    writer.transport.abort()
    await wait_until_async(lambda: left_in(blobs) == [], 30)
    del reader


@pytest.mark.parametrize(("head", "first"), HEADS.items())
async def test_an_upload_that_outlasts_the_gateway_is_refused_and_leaves_nothing(
    broker_url: str, blobs: Path, inspect_queue: str, caplog: pytest.LogCaptureFixture, head: bytes, first: bytes
) -> None:
    async with running_gateway(broker_url, blobs.as_uri()) as url:
        reader, writer = await asyncio.open_connection("127.0.0.1", httpx.URL(url).port)
        writer.write(head + b"Content-Length: 9999999\r\n\r\n" + first + bytes(6_000_000))
        await wait_until_async(lambda: any(blobs.rglob("source*")), 30)
    answer = await reader.read()
    assert answer.startswith(b"HTTP/1.1 503 ")
    assert b"retry-after: 5" in answer
    assert b"the gateway is being stopped" in answer
    assert left_in(blobs) == []
    assert [record for record in caplog.records if record.levelname == "ERROR"] == []
    writer.close()


async def test_a_large_file_is_never_in_memory(broker_url: str, blobs: Path, inspect_queue: str) -> None:
    memory = [psutil.Process().memory_info().rss]  # of this process: the gateway runs in it

    async def body() -> AsyncIterator[bytes]:
        yield FILE.removesuffix(b"content\r\n")
        for _ in range(400):
            yield bytes(MEGABYTE)
            memory.append(psutil.Process().memory_info().rss)
        yield b"\r\n--B--\r\n"

    async with (
        running_gateway(broker_url, blobs.as_uri()) as url,
        httpx.AsyncClient(base_url=url, timeout=60) as client,
    ):
        answer = await client.post("/upload", **form(body()))  # type: ignore[arg-type]
    assert answer.json()["jobs"][0]["size"] == 400 * MEGABYTE
    shutil.rmtree(blobs)  # pytest keeps its folders for a while
    assert max(memory) - memory[0] < 150 * MEGABYTE


async def test_no_processor_has_ever_been_seen(
    broker_url: str, blobs: Path, channel: AbstractChannel, inspect_queue: str
) -> None:
    await channel.queue_delete(inspect_queue)
    await channel.exchange_delete(JOBS.name)
    async with running_gateway(broker_url, blobs.as_uri()) as url, httpx.AsyncClient(base_url=url) as client:
        answer = await client.post("/upload", files={"file": ("f", b"x")})
        refused(answer, 503, "no processor")
        assert int(answer.headers["retry-after"]) > 0
        assert sources_in(blobs) == {}


async def test_the_broker_is_away(blobs: Path) -> None:
    url = f"amqp://guest:guest@127.0.0.1:{free_port()}/"
    async with (
        running_gateway(url, blobs.as_uri(), ready=False) as base,
        httpx.AsyncClient(base_url=base) as client,
    ):
        answer = await client.post("/upload", files={"file": ("f", b"x")})
        refused(answer, 503, "broker")
        assert int(answer.headers["retry-after"]) > 0
        assert (await client.get("/readyz")).status_code == 503
        assert (await client.get("/livez")).status_code == 200
        assert left_in(blobs) == []


async def test_the_broker_goes_away_during_an_upload_and_comes_back(
    broker_url: str, blobs: Path, inspect_queue: str
) -> None:
    async with cuttable(broker_url) as (url, proxy), running_gateway(url, blobs.as_uri()) as base:

        async def body() -> AsyncIterator[bytes]:
            yield FILE.removesuffix(b"\r\n")
            yield bytes(6_000_000)
            await wait_until_async(lambda: any(blobs.rglob("source*")), 30)
            proxy.cut()
            yield b"\r\n--B--\r\n"

        async with httpx.AsyncClient(base_url=base, timeout=30) as client:
            answer = await client.post("/upload", **form(body()))  # type: ignore[arg-type]
            refused(answer, 503, "broker")
            assert sources_in(blobs) == {}
            proxy.mend()
            await answering(f"{base}/readyz")
            assert (await client.post("/upload", files={"file": ("f", b"x")})).status_code == 202


async def test_a_store_that_cannot_be_written(broker_url: str, blobs: Path, inspect_queue: str) -> None:
    async with running_gateway(broker_url, blobs.as_uri()) as url, httpx.AsyncClient(base_url=url) as client:
        (blobs / "jobs").write_text("a file stands where the folder should be")
        refused(await client.post("/upload", files={"file": ("f", b"x")}), 503, "store cannot be written")


async def test_unknown_paths_and_methods_are_problems_too(gateway: httpx.AsyncClient) -> None:
    for answer in (
        await gateway.get("/nothing"),
        await gateway.get("/jobs/../../etc"),
        await gateway.delete("/upload"),
    ):
        assert answer.status_code in {404, 405}
        assert json.loads(answer.text)["status"] == answer.status_code
