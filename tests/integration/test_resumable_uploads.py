"""The tus protocol over HTTP: a gateway over a folder, and one over a bucket."""

import asyncio
import base64
import hashlib
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from datetime import timedelta
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest
from aio_pika.abc import AbstractChannel

from contracts.topology import declare, job_queue
from tests.buckets import Bucket, environment, running_bucket
from tests.ground import wait_until_async
from tests.integration.conftest import Listener
from tests.integration.test_uploads import refused, requests_in
from tests.proxy import cuttable
from tests.services import answering, running_gateway

TUS = {"Tus-Resumable": "1.0.0"}
BYTES = {"Content-Type": "application/offset+octet-stream"}
CONTENT = bytes(range(256)) * 10_000
SHA256 = hashlib.sha256(CONTENT).hexdigest()
SHORT = timedelta(milliseconds=100)

pytestmark = pytest.mark.usefixtures("inspect_queue")


def metadata(**fields: str) -> dict[str, str]:
    pairs = [f"{key} {base64.b64encode(value.encode()).decode()}" for key, value in fields.items()]
    return {"Upload-Metadata": ",".join(pairs)}


@pytest.fixture(scope="module")
def bucket() -> Iterator[Bucket]:
    with running_bucket() as bucket:
        yield bucket


@pytest.fixture(params=["folder", "bucket"])
async def gateway(
    request: pytest.FixtureRequest, broker_url: str, blobs: Path, bucket: Bucket, inspect_queue: str
) -> AsyncIterator[httpx.AsyncClient]:
    store = blobs.as_uri() if request.param == "folder" else bucket.store_url
    with environment(bucket.environment):
        async with running_client(broker_url, store) as client:
            yield client


@asynccontextmanager
async def running_client(broker_url: str, store: str) -> AsyncIterator[httpx.AsyncClient]:
    async with (
        running_gateway(broker_url, store, gateway_max_file_bytes=20_000_000) as url,
        httpx.AsyncClient(base_url=url, timeout=30, headers=TUS) as client,
    ):
        yield client


async def created(gateway: httpx.AsyncClient, length: int | None = len(CONTENT), sent: Any = None) -> str:
    size = {"Upload-Defer-Length": "1"} if length is None else {"Upload-Length": str(length)}
    answer = await gateway.post("/files", headers=size | (sent or {}))
    assert answer.status_code == 201, answer.text
    return str(answer.headers["location"])


def at(offset: int, **more: str) -> dict[str, str]:
    return BYTES | {"Upload-Offset": str(offset)} | more


def patch_head(url: str) -> str:
    """Of a request that is written by hand: without its end."""
    return f"PATCH {url} HTTP/1.1\r\nHost: localhost\r\n" + "".join(f"{k}: {v}\r\n" for k, v in (TUS | BYTES).items())


async def offset_of(gateway: httpx.AsyncClient, url: str) -> int:
    answer = await gateway.head(url)
    assert answer.status_code == 200, answer.headers
    assert answer.headers["cache-control"] == "no-store"
    return int(answer.headers["upload-offset"])


async def test_what_the_server_can_do_is_told_without_a_version(gateway: httpx.AsyncClient) -> None:
    answer = await gateway.request("OPTIONS", "/files", headers={"Tus-Resumable": "0"})
    assert answer.status_code == 204
    assert answer.headers["tus-version"] == "1.0.0"
    assert answer.headers["tus-max-size"] == "20000000"
    assert {"sha1", "sha256"} <= set(answer.headers["tus-checksum-algorithm"].split(","))
    assert "creation-defer-length" in answer.headers["tus-extension"].split(",")


async def test_an_upload_in_pieces_is_a_job_as_any_other(
    gateway: httpx.AsyncClient, channel: AbstractChannel, inspect_queue: str, events: Listener
) -> None:
    await declare(channel, job_queue("count"))
    sent = metadata(filename="../报告 😀.csv", filetype="text/csv", pipeline="count")
    url = await created(gateway, sent=sent)
    first = await gateway.patch(url, content=CONTENT[:1_000_000], headers=at(0))
    assert (first.status_code, first.headers["upload-offset"]) == (204, "1000000")
    assert parsedate_to_datetime(first.headers["upload-expires"]).tzinfo is not None
    told = await gateway.head(url)
    assert (told.headers["upload-offset"], told.headers["upload-length"]) == ("1000000", str(len(CONTENT)))
    assert told.headers["upload-metadata"] == sent["Upload-Metadata"]
    assert "stagecast-job" not in told.headers
    last = await gateway.patch(url, content=CONTENT[1_000_000:], headers=at(1_000_000))
    assert (last.status_code, last.headers["upload-offset"]) == (204, str(len(CONTENT)))
    [request] = await requests_in(channel, "jobs.count")
    assert last.headers["stagecast-job"] == f"/jobs/{request.job.id}"
    assert (request.job.name, request.job.size, request.job.sha256) == ("报告 😀.csv", len(CONTENT), SHA256)
    [queued] = await events.until("job.queued")
    assert queued.data.job == request.job
    record = (await gateway.get(last.headers["stagecast-job"])).json()
    assert (record["state"], record["job"]["sha256"]) == ("queued", SHA256)


async def test_what_is_finished_stays_so(
    gateway: httpx.AsyncClient, channel: AbstractChannel, inspect_queue: str
) -> None:
    url = await created(gateway)
    last = await gateway.patch(url, content=CONTENT, headers=at(0))
    for answer in (await gateway.head(url), await gateway.patch(url, content=b"", headers=at(len(CONTENT)))):
        assert answer.headers["stagecast-job"] == last.headers["stagecast-job"]
        assert answer.headers["upload-offset"] == str(len(CONTENT))
    refused(await gateway.patch(url, content=b"x", headers=at(len(CONTENT))), 413, "room for 0 bytes")
    refused(await gateway.patch(url, content=b"x", headers=at(0)), 409, "goes on at byte")
    assert len(await requests_in(channel, inspect_queue)) == 1


async def test_the_first_bytes_may_come_with_the_creation(gateway: httpx.AsyncClient) -> None:
    headers = BYTES | {"Upload-Length": str(len(CONTENT))}
    answer = await gateway.post("/files", content=CONTENT[:5], headers=headers)
    assert (answer.status_code, answer.headers["upload-offset"]) == (201, "5")
    assert await offset_of(gateway, answer.headers["location"]) == 5
    whole = await gateway.post("/files", content=CONTENT, headers=headers)
    assert whole.headers["stagecast-job"].startswith("/jobs/")


async def test_nothing_at_all_is_a_file_too(
    gateway: httpx.AsyncClient, channel: AbstractChannel, inspect_queue: str
) -> None:
    assert (await gateway.post("/files", headers={"Upload-Length": "0"})).headers["stagecast-job"]
    [request] = await requests_in(channel, inspect_queue)
    assert (request.job.name, request.job.size) == ("unnamed", 0)


async def test_the_length_may_be_said_later_and_once(gateway: httpx.AsyncClient) -> None:
    url = await created(gateway, None)
    assert (await gateway.head(url)).headers["upload-defer-length"] == "1"
    await gateway.patch(url, content=b"hello", headers=at(0))
    refused(await gateway.patch(url, content=b"", headers=at(5, **{"Upload-Length": "4"})), 400, "5 bytes came")
    answer = await gateway.patch(url, content=b" wor", headers=at(5, **{"Upload-Length": "11"}))
    assert (answer.status_code, answer.headers["upload-offset"]) == (204, "9")
    refused(await gateway.patch(url, content=b"", headers=at(9, **{"Upload-Length": "12"})), 409, "11 bytes")
    assert (await gateway.patch(url, content=b"ld", headers=at(9))).headers["stagecast-job"]


async def test_a_checksum_that_is_wrong_keeps_nothing(gateway: httpx.AsyncClient) -> None:
    url = await created(gateway)
    for algorithm, content, status in (
        ("sha1", b"other", 460),
        ("sha256", b"other", 460),
        ("sha256", CONTENT[:1000], 204),
    ):
        value = base64.b64encode(hashlib.new(algorithm, content).digest()).decode()
        headers = at(0, **{"Upload-Checksum": f"{algorithm} {value}"})
        answer = await gateway.patch(url, content=CONTENT[:1000], headers=headers)
        assert answer.status_code == status, answer.text
    assert await offset_of(gateway, url) == 1000
    headers = at(1000, **{"Content-Digest": f"sha-256=:{base64.b64encode(bytes(32)).decode()}:"})
    refused(await gateway.patch(url, content=b"x", headers=headers), 400, "Content-Digest")
    headers = at(1000, **{"Upload-Checksum": "md5 AAAA"})
    refused(await gateway.patch(url, content=b"x", headers=headers), 400, "sha256")
    assert await offset_of(gateway, url) == 1000


async def test_an_upload_can_be_given_up(gateway: httpx.AsyncClient) -> None:
    url = await created(gateway)
    await gateway.patch(url, content=b"x", headers=at(0))
    assert (await gateway.delete(url)).status_code == 204
    assert (await gateway.head(url)).status_code == 404
    refused(await gateway.patch(url, content=b"x", headers=at(1)), 404, "no such upload")
    assert (await gateway.delete(url)).status_code == 404


async def test_uploads_are_put_together(
    gateway: httpx.AsyncClient, channel: AbstractChannel, inspect_queue: str
) -> None:
    middle = len(CONTENT) // 2
    parts = []
    for content in (CONTENT[:middle], CONTENT[middle:]):
        url = await created(gateway, len(content), {"Upload-Concat": "partial"})
        answer = await gateway.patch(url, content=content, headers=at(0))
        assert answer.status_code == 204
        assert "stagecast-job" not in answer.headers
        assert (await gateway.head(url)).headers["upload-concat"] == "partial"
        parts.append(url)
    assert await requests_in(channel, inspect_queue) == []
    concat = {"Upload-Concat": f"final;{parts[0]} http://x{parts[1]}"}
    final = await gateway.post("/files", headers=concat | metadata(filename="whole.bin"))
    assert final.status_code == 201, final.text
    [request] = await requests_in(channel, inspect_queue)
    assert (request.job.name, request.job.sha256) == ("whole.bin", SHA256)
    told = await gateway.head(final.headers["location"])
    assert told.headers["upload-concat"] == "final;" + " ".join(parts)
    assert told.headers["upload-length"] == str(len(CONTENT))
    refused(await gateway.patch(final.headers["location"], content=b"", headers=at(0)), 403, "made of others")


async def test_who_sends_little_stores_no_more(gateway: httpx.AsyncClient) -> None:
    """A request that names what is there already costs nothing to send."""
    parts = [await created(gateway, 15_000_000, {"Upload-Concat": "partial"}) for _ in range(2)]
    for part in parts:
        assert (await gateway.patch(part, content=bytes(15_000_000), headers=at(0))).status_code == 204

    async def joined(*urls: str) -> httpx.Response:
        return await gateway.post("/files", headers={"Upload-Concat": f"final;{' '.join(urls)}"})

    refused(await joined(*parts), 413, "20000000")
    refused(await joined(parts[0], parts[0]), 400, "each once")
    assert (await joined(parts[0])).status_code == 201
    refused(await joined(parts[0]), 409, "part of another")


async def test_what_is_not_complete_cannot_be_put_together(gateway: httpx.AsyncClient) -> None:
    part = await created(gateway, 10, {"Upload-Concat": "partial"})
    refused(await gateway.post("/files", headers={"Upload-Concat": f"final;{part}"}), 409, "not complete")
    whole = await created(gateway, 10)
    refused(await gateway.post("/files", headers={"Upload-Concat": f"final;{whole}"}), 409, "not partial")


@pytest.mark.parametrize(
    ("headers", "status", "words"),
    [
        ({}, 400, "Upload-Length"),
        ({"Upload-Length": "-1"}, 400, "number"),
        ({"Upload-Length": "20000001"}, 413, "20000000"),
        ({"Upload-Length": "1", "Upload-Metadata": "filename ?"}, 400, "base64"),
        ({"Upload-Length": "1", "Upload-Concat": "final; /files/x"}, 400, "URLs"),
        ({"Upload-Length": "1", "Tus-Resumable": "0.2.2"}, 412, "1.0.0"),
        ({"Upload-Length": "1", **metadata(pipeline="nope")}, 422, "nope"),
        ({"Upload-Length": "1", **metadata(pipeline="../x")}, 422, "no pipeline's name"),
        ({"Upload-Length": "1", "Idempotency-Key": "a b"}, 400, "visible ASCII"),
    ],
)
async def test_what_cannot_be_created(
    gateway: httpx.AsyncClient, headers: dict[str, str], status: int, words: str
) -> None:
    answer = await gateway.post("/files", headers=headers)
    refused(answer, status, words)
    assert answer.headers["tus-resumable"] == "1.0.0"


async def test_what_cannot_be_added(gateway: httpx.AsyncClient) -> None:
    url = await created(gateway, 10)
    refused(await gateway.patch(url, content=b"x", headers={"Upload-Offset": "0"}), 415, "octet-stream")
    refused(await gateway.patch(url, content=b"x", headers=BYTES), 400, "Upload-Offset")
    refused(await gateway.patch(url, content=b"x" * 11, headers=at(0)), 413, "10 bytes")
    refused(await gateway.patch(url, content=b"x", headers=at(5)), 409, "byte 0")
    refused(await gateway.patch(f"/files/{uuid4()}", content=b"x", headers=at(0)), 404, "no such upload")
    refused(await gateway.patch("/files/x", content=b"x", headers=at(0)), 404, "")
    assert await offset_of(gateway, url) == 0


async def test_clients_that_know_no_patch(gateway: httpx.AsyncClient) -> None:
    url = await created(gateway, 5)
    answer = await gateway.post(url, content=b"hello", headers=at(0, **{"X-HTTP-Method-Override": "PATCH"}))
    assert (answer.status_code, answer.headers["upload-offset"]) == (204, "5")
    refused(await gateway.post(url), 400, "X-HTTP-Method-Override")


@pytest.mark.parametrize("where", ["header", "metadata"])
async def test_the_same_key_is_the_same_upload(gateway: httpx.AsyncClient, where: str) -> None:
    key = str(uuid4())
    sent = {"Idempotency-Key": key} if where == "header" else metadata(**{"idempotency-key": key})
    url = await created(gateway, sent=sent)
    await gateway.patch(url, content=b"x", headers=at(0))
    assert await created(gateway, sent=sent) == url
    assert await offset_of(gateway, url) == 1
    refused(await gateway.post("/files", headers={"Upload-Length": "7", **sent}), 422, "another upload")
    assert await created(gateway) != url


async def test_bytes_that_came_before_a_cut_are_kept(gateway: httpx.AsyncClient) -> None:
    url = await created(gateway)
    _, writer = await asyncio.open_connection(gateway.base_url.host, gateway.base_url.port)
    head = patch_head(url)
    writer.write(f"{head}Upload-Offset: 0\r\nContent-Length: {len(CONTENT)}\r\n\r\n".encode() + CONTENT[:1_500_000])
    await writer.drain()
    writer.close()
    await writer.wait_closed()

    async def has_them() -> bool:
        return await offset_of(gateway, url) == 1_500_000

    await wait_until_async(has_them, 30)
    assert (await gateway.patch(url, content=CONTENT[1_500_000:], headers=at(1_500_000))).headers["stagecast-job"]


async def test_two_at_once(gateway: httpx.AsyncClient, channel: AbstractChannel, inspect_queue: str) -> None:
    url = await created(gateway)
    began, go_on = asyncio.Event(), asyncio.Event()

    async def slowly() -> AsyncIterator[bytes]:
        yield CONTENT[:1000]
        began.set()
        await go_on.wait()
        yield CONTENT[1000:]

    length = {"Content-Length": str(len(CONTENT))}
    slow = asyncio.ensure_future(gateway.patch(url, content=slowly(), headers=at(0, **length)))
    await began.wait()
    quick = asyncio.ensure_future(gateway.patch(url, content=CONTENT, headers=at(0)))
    await asyncio.wait({quick}, timeout=30)
    go_on.set()
    statuses = sorted([(await slow).status_code, (await quick).status_code])
    assert statuses == [204, 423]
    [request] = await requests_in(channel, inspect_queue)
    assert request.job.sha256 == SHA256


async def test_several_gateways_serve_one_upload(
    broker_url: str, blobs: Path, channel: AbstractChannel, inspect_queue: str
) -> None:
    async with (
        running_gateway(broker_url, blobs.as_uri()) as one,
        running_gateway(broker_url, blobs.as_uri()) as other,
        httpx.AsyncClient(base_url=one, headers=TUS) as at_one,
        httpx.AsyncClient(timeout=30, headers=TUS) as client,
    ):
        url = await created(at_one)
        step = len(CONTENT) // 8 + 1
        for number, offset in enumerate(range(0, len(CONTENT), step)):
            base = (one, other)[number % 2]
            answer = await client.patch(f"{base}{url}", content=CONTENT[offset : offset + step], headers=at(offset))
            assert answer.status_code == 204
    [request] = await requests_in(channel, inspect_queue)
    assert request.job.sha256 == SHA256


async def test_a_gateway_that_is_stopped_keeps_what_came(broker_url: str, blobs: Path, inspect_queue: str) -> None:
    async with running_gateway(broker_url, blobs.as_uri()) as base:
        async with httpx.AsyncClient(base_url=base, headers=TUS) as client:
            url = await created(client)
        reader, writer = await asyncio.open_connection("127.0.0.1", httpx.URL(base).port)
        head = patch_head(url)
        writer.write(f"{head}Upload-Offset: 0\r\nContent-Length: {len(CONTENT)}\r\n\r\n".encode() + CONTENT[:500_000])
        await wait_until_async(lambda: any(blobs.rglob("bytes")), 30)
    answer = (await reader.read()).lower()
    assert answer.startswith(b"http/1.1 503 ")
    writer.close()
    async with (
        running_gateway(broker_url, blobs.as_uri()) as base,
        httpx.AsyncClient(base_url=base, headers=TUS) as client,
    ):
        offset = await offset_of(client, url)
        assert f"upload-offset: {offset}\r\n".encode() in answer
        assert (await client.patch(url, content=CONTENT[offset:], headers=at(offset))).headers["stagecast-job"]


async def test_what_the_broker_did_not_take_is_sent_when_it_is_back(
    broker_url: str,
    blobs: Path,
    channel: AbstractChannel,
    inspect_queue: str,
    events: Listener,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Nobody asks again: the gateway's own sweep sends it."""
    monkeypatch.setattr("gateway.tus.sweep.QUIET", -SHORT)
    monkeypatch.setattr("gateway.tus.sweep.BETWEEN_SWEEPS", SHORT)
    async with (
        cuttable(broker_url) as (url, proxy),
        running_gateway(url, blobs.as_uri()) as base,
        httpx.AsyncClient(base_url=base, timeout=30, headers=TUS) as client,
    ):
        upload = await created(client)
        await client.patch(upload, content=CONTENT[:-1], headers=at(0))
        proxy.cut()
        answer = await client.patch(upload, content=CONTENT[-1:], headers=at(len(CONTENT) - 1))
        refused(answer, 503, "all bytes are stored")
        assert (await client.head(upload)).status_code == 503  # not "complete": the client would go away
        proxy.mend()
        await answering(f"{base}/readyz")
        [queued] = await events.until("job.queued")
        answer = await client.head(upload)
    assert answer.headers["stagecast-job"] == f"/jobs/{queued.subject}"
    requests = await requests_in(channel, inspect_queue)
    assert {request.job.sha256 for request in requests} == {SHA256}
    assert {request.job.id for request in requests} == {queued.subject}
