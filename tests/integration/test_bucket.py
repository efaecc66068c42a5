"""The product on a bucket: a real server that speaks S3, a real broker, real processes."""

import asyncio
import hashlib
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime
from urllib.parse import urlsplit

import httpx
import obstore
import psutil
import pytest
from aio_pika.abc import AbstractChannel
from uuid_utils import uuid4, uuid7

from contracts.blobs import artifact_key, source_key
from contracts.claims import Claim
from contracts.events import encode
from contracts.job import Job, JobRequest
from contracts.whole import put_whole
from processor.artifacts import put_artifact_async
from processor.folder import JobFolder
from processor.patience import Patience
from tests.buckets import Bucket, keys, running_bucket
from tests.faults.processes import Processors
from tests.ground import wait_until_async
from tests.integration.conftest import Listener
from tests.integration.test_processor import send
from tests.integration.test_uploads import refused
from tests.proxy import cuttable
from tests.services import free_port, running_gateway, running_notifier
from tests.stack import PROJECT, clean_environment

pytestmark = pytest.mark.timeout(400)

MEGABYTE = 1024 * 1024
LARGE = bytes(range(256)) * 4096 * 12  # 12 MiB: three parts


@pytest.fixture(scope="module")
def server() -> Iterator[Bucket]:
    with running_bucket() as bucket:
        yield bucket


@pytest.fixture
def bucket(server: Bucket, monkeypatch: pytest.MonkeyPatch) -> Bucket:
    """A place of the test's own in the bucket, known to all that this process starts."""
    server.store_url = f"s3://blobs/{uuid4().hex}"
    for name, value in server.environment.items():
        monkeypatch.setenv(name, value)
    return server


@pytest.fixture
def own_bucket(monkeypatch: pytest.MonkeyPatch) -> Iterator[Bucket]:
    """One that a test may break."""
    with running_bucket() as bucket:
        for name, value in bucket.environment.items():
            monkeypatch.setenv(name, value)
        yield bucket


@pytest.fixture
def processors(broker_url: str, bucket: Bucket) -> Iterator[Processors]:
    processors = Processors(broker_url, bucket.store_url)
    yield processors
    processors.close()


@pytest.fixture
async def gateway(broker_url: str, bucket: Bucket, inspect_queue: str) -> AsyncIterator[httpx.AsyncClient]:
    async with (
        running_gateway(broker_url, bucket.store_url) as url,
        httpx.AsyncClient(base_url=url, timeout=60) as client,
    ):
        yield client


async def put_job(channel: AbstractChannel, bucket: Bucket, pipeline: str, content: bytes, copies: int = 1) -> str:
    """What the gateway does, its message sent so often."""
    job = Job(id=str(uuid7()), name="a.txt", size=len(content), pipeline=pipeline)
    await obstore.put_async(bucket.open(), source_key(job.id), content)
    for _ in range(copies):
        await send(channel, pipeline, encode(JobRequest(job=job, accepted_at=datetime.now(UTC))))
    return job.id


async def says(url: str, words: str, *, status: int) -> None:
    """Wait until `/readyz` says so."""
    async with httpx.AsyncClient() as client:

        async def said() -> bool:
            answer = await client.get(f"{url}/readyz")
            return answer.status_code == status and words in answer.text

        await wait_until_async(said, 60, what=f"{words!r} at /readyz")


async def test_a_file_goes_all_the_way_and_is_pruned(
    broker_url: str, bucket: Bucket, processors: Processors, gateway: httpx.AsyncClient, events: Listener
) -> None:
    await processors.start("count")
    answer = await gateway.put("/upload/large.bin", content=LARGE, params={"pipeline": "count"})
    assert answer.status_code == 202, answer.text
    job = answer.json()["jobs"][0]
    ended = (await events.until("job.completed"))[-1].data.model_dump()
    assert [artifact["name"] for artifact in ended["artifacts"]] == ["size.txt", "copy.txt"]

    assert await asyncio.to_thread(bucket.read, source_key(job["id"])) == LARGE
    shown = await gateway.get(f"{job['links']['artifacts']}/copy.txt")
    assert (shown.content, shown.headers["content-type"]) == (b"12582912", "text/plain; charset=utf-8")
    async with (
        running_notifier(broker_url, store_url=bucket.store_url) as url,
        httpx.AsyncClient(base_url=url) as notifier,
    ):
        assert (await notifier.get(job["links"]["self"])).json()["state"] == "completed"

    command = [sys.executable, "-m", "cli", "prune", "--older-than", "0s"]
    environment = {**clean_environment(), "STAGECAST_STORE_URL": bucket.store_url}
    pruned = await asyncio.to_thread(
        subprocess.run, command, env=environment, cwd=PROJECT, capture_output=True, text=True, check=False
    )
    assert pruned.stdout.startswith("removed 1 jobs"), pruned
    assert await keys(bucket) == ["conditional-writes"]
    assert bucket.unfinished() == []


async def test_an_attempt_is_one_processors(bucket: Bucket) -> None:
    """Thirty at once, each over connections of its own."""
    job_id = str(uuid7())
    claims = [Claim(attempt=1, request=1, holder=f"/processors/{n}", token=uuid4().hex) for n in range(30)]
    taken = await asyncio.gather(*(JobFolder(bucket.open(), job_id, Patience()).take(claim) for claim in claims))
    assert taken.count(True) == 1
    assert await JobFolder(bucket.open(), job_id, Patience()).take(claims[taken.index(True)])


async def test_a_job_that_came_twice_runs_once(
    bucket: Bucket, processors: Processors, channel: AbstractChannel, events: Listener
) -> None:
    for _ in range(2):
        await processors.start("dice", processor_concurrency="4")
    jobs = [await put_job(channel, bucket, "dice", b"fine", copies=3) for _ in range(5)]
    ends = await events.until_ended(len(jobs))
    assert {event.type for event in ends.values()} == {"job.completed"}
    for job_id in jobs:
        for artifact in ends[job_id].data.model_dump()["artifacts"]:
            made = await asyncio.to_thread(bucket.read, artifact_key(job_id, artifact["name"]))
            assert hashlib.sha256(made).hexdigest() == artifact["sha256"]
    assert {event.data.attempt for event in events.heard} == {1}


async def test_requests_with_one_key_are_one_upload(gateway: httpx.AsyncClient, bucket: Bucket) -> None:
    async def upload() -> httpx.Response:
        return await gateway.put("/upload/a.txt", content=b"once", headers={"Idempotency-Key": "the-same"})

    answers = await asyncio.gather(*(upload() for _ in range(8)))
    assert {answer.status_code for answer in answers} == {202}
    assert len({answer.json()["jobs"][0]["id"] for answer in answers}) == 1
    assert sum(key.endswith("/source") for key in await keys(bucket)) == 1


async def test_ranges_of_an_artifact(gateway: httpx.AsyncClient, bucket: Bucket) -> None:
    path = await _with_artifacts(gateway, bucket)
    part = await gateway.get(f"{path}/big.bin", headers={"Range": "bytes=5242870-5242890"})
    assert (part.status_code, part.content) == (206, LARGE[5242870:5242891])
    assert part.headers["content-range"] == f"bytes 5242870-5242890/{len(LARGE)}"
    whole = await gateway.get(f"{path}/big.bin")
    assert whole.content == LARGE
    assert (await gateway.get(f"{path}/big.bin", headers={"If-None-Match": whole.headers["etag"]})).status_code == 304


async def test_downloads_are_redirected_to_the_bucket_if_so_set(
    broker_url: str, bucket: Bucket, inspect_queue: str
) -> None:
    async with (
        running_gateway(broker_url, bucket.store_url, gateway_artifacts="redirect") as url,
        httpx.AsyncClient(base_url=url) as client,
    ):
        path = await _with_artifacts(client, bucket)
        answer = await client.get(f"{path}/big.bin")
        assert (answer.status_code, answer.headers["cache-control"]) == (307, "no-store")
        assert urlsplit(answer.headers["location"]).port == bucket.port
        async with httpx.AsyncClient() as stranger:  # without credentials, and without our cookie
            file = await stranger.get(answer.headers["location"], headers={"Range": "bytes=256-259"})
        assert (file.status_code, file.content) == (206, b"\0\1\2\3")
        assert file.headers["content-type"] == "application/octet-stream"
        assert file.headers["content-disposition"] == 'attachment; filename="big.bin"'

        head = await client.head(f"{path}/big.bin", follow_redirects=True)
        assert (head.status_code, head.headers["content-length"]) == (200, str(len(LARGE)))
        page = await client.get(f"{path}/report.html")
        assert (page.status_code, page.content) == (200, b"<p>fine")
        assert page.headers["content-security-policy"].startswith("sandbox")
        assert (await client.get(f"{path}/none.bin")).status_code == 404


async def _with_artifacts(gateway: httpx.AsyncClient, bucket: Bucket) -> str:
    """A job with two artifacts, as a stage saves them; gives the path of all."""
    job = (await gateway.put("/upload/a.txt", content=b"x")).json()["jobs"][0]
    store = bucket.open()
    await put_artifact_async(store, job["id"], "big.bin", LARGE)
    await put_artifact_async(store, job["id"], "report.html", "<p>fine")
    return str(job["links"]["artifacts"])


async def _half_an_upload(gateway: httpx.AsyncClient, bucket: Bucket) -> asyncio.StreamWriter:
    """12 of 64 MiB are sent; the bucket has some parts of them."""
    place = gateway.base_url
    _, writer = await asyncio.open_connection(place.host, place.port)
    head = f"PUT /upload/half.bin HTTP/1.1\r\nHost: {place.host}\r\nContent-Length: {64 * MEGABYTE}\r\n\r\n"
    writer.write(head.encode() + LARGE)
    await writer.drain()
    await wait_until_async(lambda: asyncio.to_thread(bucket.unfinished), 30, what="an upload in parts")
    return writer


async def test_a_sender_that_goes_away_leaves_no_parts(gateway: httpx.AsyncClient, bucket: Bucket) -> None:
    writer = await _half_an_upload(gateway, bucket)
    writer.transport.abort()
    await wait_until_async(lambda: bucket.unfinished() == [], 30, what="the end of the parts")
    assert await keys(bucket) == ["conditional-writes"]


async def test_an_upload_is_never_whole_in_memory(gateway: httpx.AsyncClient, bucket: Bucket) -> None:
    """64 parts at the least; the gateway runs in this process."""
    process = psutil.Process()
    memory = [process.memory_info().rss]
    size = 0

    async def body() -> AsyncIterator[bytes]:
        nonlocal size
        for _ in range(40):
            yield LARGE
            size += len(LARGE)
            memory.append(process.memory_info().rss)

    answer = await gateway.put("/upload/huge.bin", content=body())
    assert answer.status_code == 202, answer.text
    assert answer.json()["jobs"][0]["size"] == size > 480_000_000
    assert max(memory) - memory[0] < 200_000_000


async def test_a_gateway_that_ends_leaves_no_parts(broker_url: str, bucket: Bucket, inspect_queue: str) -> None:
    async with running_gateway(broker_url, bucket.store_url) as url, httpx.AsyncClient(base_url=url) as client:
        writer = await _half_an_upload(client, bucket)
    writer.transport.abort()
    assert bucket.unfinished() == []
    assert await keys(bucket) == ["conditional-writes"]


async def test_a_write_that_is_cancelled_takes_its_parts_back(bucket: Bucket) -> None:
    sent = asyncio.Event()

    async def blocks() -> AsyncIterator[bytes]:
        yield LARGE
        sent.set()
        await asyncio.Event().wait()

    async with asyncio.TaskGroup() as tasks:
        writing = tasks.create_task(put_whole(bucket.open(), "some/file", blocks(), largest=64 * MEGABYTE))
        await sent.wait()
        await wait_until_async(lambda: asyncio.to_thread(bucket.unfinished), 30, what="an upload in parts")
        writing.cancel()
    assert bucket.unfinished() == []
    assert await keys(bucket) == []


async def test_a_bucket_that_is_away_is_said_and_refuses_nobody_for_long(
    broker_url: str, own_bucket: Bucket, inspect_queue: str
) -> None:
    async with (
        running_gateway(broker_url, own_bucket.store_url) as url,
        httpx.AsyncClient(base_url=url, timeout=60) as client,
    ):
        path = await _with_artifacts(client, own_bucket)
        own_bucket.close()
        refused(await client.put("/upload/a.txt", content=b"x"), 503, "the blob store cannot be written at the moment")
        key = {"Idempotency-Key": "a-key"}
        refused(await client.put("/upload/a.txt", content=b"x", headers=key), 503, "does not answer at the moment")
        for place in (path, f"{path}/big.bin", path.rsplit("/", 1)[0]):
            refused(await client.get(place), 503, "the blob store does not answer at the moment")
        await says(url, "the store does not answer", status=503)


async def test_a_bucket_that_falls_silent_is_waited_for_in_bounds(
    broker_url: str, own_bucket: Bucket, inspect_queue: str
) -> None:
    """Its process is stopped: connections are taken, and nothing ever comes."""
    async with (
        running_gateway(broker_url, own_bucket.store_url) as url,
        httpx.AsyncClient(base_url=url, timeout=120) as client,
    ):
        own_bucket.freeze()
        refused(await client.put("/upload/a.txt", content=b"x"), 503, "the blob store cannot be written at the moment")
        own_bucket.thaw()
        assert (await client.put("/upload/a.txt", content=b"x")).status_code == 202


async def test_jobs_wait_for_a_bucket_that_is_away(
    broker_url: str, bucket: Bucket, channel: AbstractChannel, events: Listener, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Cut off while a file of 12 MiB is on its way to it, and again with jobs that nobody began."""
    async with cuttable(f"http://bucket@127.0.0.1:{bucket.port}") as (url, proxy):
        monkeypatch.setenv("AWS_ENDPOINT_URL", url.replace("bucket@", ""))
        processors = Processors(broker_url, bucket.store_url)
        try:
            processor = await processors.start("count", processor_concurrency="1")
            proxy.cut()
            jobs = [await put_job(channel, bucket, "count", LARGE) for _ in range(3)]
            await says(processor.url, "the store fails", status=503)
            assert events.told() == []
            proxy.mend()
            await events.until("job.started")
            proxy.cut()
            await says(processor.url, "the store fails", status=503)
            proxy.mend()
            ends = await events.until_ended(len(jobs), seconds=90)
        finally:
            await asyncio.to_thread(processors.close)
    assert {event.type for event in ends.values()} == {"job.completed"}
    assert set(ends) == set(jobs)


async def test_a_bucket_that_was_away_at_the_start_is_found(
    broker_url: str, own_bucket: Bucket, channel: AbstractChannel, events: Listener
) -> None:
    own_bucket.close()
    processors = Processors(broker_url, own_bucket.store_url)
    try:
        processor = processors.launch("count")
        await wait_until_async(lambda: "store.unusable" in processor.said, 60, what="a word about the store")
        own_bucket.start()
        await processor.ready()
        await put_job(channel, own_bucket, "count", b"x")
        await events.until("job.completed")
    finally:
        processors.close()


@pytest.mark.parametrize("wrong", ["credentials", "bucket"])
async def test_what_is_set_wrong_is_said_and_no_job_is_taken(
    broker_url: str,
    own_bucket: Bucket,
    channel: AbstractChannel,
    events: Listener,
    monkeypatch: pytest.MonkeyPatch,
    wrong: str,
) -> None:
    store_url, words = own_bucket.store_url, "the store refuses us: see AWS_ACCESS_KEY_ID"
    await put_job(channel, own_bucket, "count", b"x")
    if wrong == "bucket":
        store_url, words = "s3://no-such-bucket/here", "the bucket does not exist: see STAGECAST_STORE_URL"
    else:
        own_bucket.refuse()
    processors = Processors(broker_url, store_url)
    try:
        processor = processors.launch("count")
        await wait_until_async(lambda: words in processor.said, 60, what="a word about the store")
        await says(processor.url, words, status=503)
        async with running_gateway(broker_url, store_url, ready=False) as url:
            await says(url, words, status=503)
        async with running_notifier(broker_url, store_url=store_url) as url:
            await says(url, words, status=200)
    finally:
        processors.close()
    assert events.told() == []


async def test_a_store_that_overwrites_claims_is_not_used(broker_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with running_bucket("tests/careless_bucket.py") as bucket:
        for name, value in bucket.environment.items():
            monkeypatch.setenv(name, value)
        async with running_gateway(broker_url, bucket.store_url, ready=False) as url:
            await says(url, "it does not know If-None-Match", status=503)


async def test_redirecting_needs_a_bucket(broker_url: str, tmp_path: object) -> None:
    command = [sys.executable, "-m", "gateway"]
    environment = {
        **clean_environment(),
        "STAGECAST_STORE_URL": f"file://{tmp_path}",
        "STAGECAST_GATEWAY_ARTIFACTS": "redirect",
        "STAGECAST_GATEWAY_PORT": str(free_port()),
    }
    ended = await asyncio.to_thread(
        subprocess.run, command, env=environment, cwd=PROJECT, capture_output=True, text=True, check=False
    )
    assert ended.returncode == 78
    assert "STAGECAST_GATEWAY_ARTIFACTS: `redirect` needs a bucket" in ended.stderr
