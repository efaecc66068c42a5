"""Clients of tus that are not ours, over connections that break and gateways that are killed.

Pass rule: every byte is right, no byte is sent again that was acknowledged, and there is one job.
"""

import asyncio
import hashlib
import json
import os
import random
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
import requests
from aio_pika.abc import AbstractChannel
from tusclient.client import TusClient
from tusclient.exceptions import TusCommunicationError, TusUploadFailed

from contracts.topology import DEAD_JOBS, JOBS, declare, job_queue
from tests.buckets import environment, running_bucket
from tests.cutting import cutting
from tests.faults.gateways import GatewayProcess, gateway_process
from tests.ground import missing
from tests.integration.test_uploads import requests_in
from tests.stack import PROJECT

SIZE = 200_000_000
CUTS = 50
MEGABYTE = 1024 * 1024
TUS_CLIENT = PROJECT / "tests" / "tus_client"

Send = Callable[[str, Path], str]


@pytest.fixture
async def queue(channel: AbstractChannel) -> str:
    await declare(channel, JOBS, DEAD_JOBS, job_queue("inspect"))
    return job_queue("inspect").name


@pytest.fixture(scope="session")
def tus_js_client() -> None:
    """Installed by `make tools`, as its lock says."""
    if shutil.which("node") is None or not (TUS_CLIENT / "node_modules" / "tus-js-client").is_dir():
        missing("node, npm, or what they install into tests/tus_client: run `make node`")


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("file") / "报告.bin"
    with path.open("wb") as written:
        for _ in range(SIZE // 1_000_000):
            written.write(os.urandom(1_000_000))
    return path


def by_tuspy(url: str, file: Path) -> str:
    """As a program that goes on after each error."""
    client, found = TusClient(f"{url}/files"), None
    with file.open("rb") as stream:
        while True:
            try:
                uploader = client.uploader(
                    file_stream=stream, chunk_size=16 * MEGABYTE, url=found, metadata={"filename": file.name}
                )
                found = found or uploader.create_url()
                uploader.set_url(found)
                uploader.upload()
            except (TusUploadFailed, TusCommunicationError, requests.ConnectionError):
                continue
            return str(requests.head(found, headers={"Tus-Resumable": "1.0.0"}).headers["Stagecast-Job"])


def by_tus_js_client(chunk: str, parallel: int = 1) -> Send:
    def send(url: str, file: Path) -> str:
        command = ["node", "upload.mjs", f"{url}/files", str(file), file.name, chunk, str(parallel)]
        sending = subprocess.run(command, cwd=TUS_CLIENT, capture_output=True, text=True, check=False)
        assert sending.returncode == 0, sending.stderr
        return str(json.loads(sending.stdout)["job"])

    return send


async def check(channel: AbstractChannel, queue: str, blobs: Path, file: Path, job: str) -> None:
    with file.open("rb") as sent:
        sha256 = hashlib.file_digest(sent, "sha256").hexdigest()
    found: list[Any] = await requests_in(channel, queue)
    assert {request.job.id for request in found} == {job.removeprefix("/jobs/")}
    assert (found[0].job.name, found[0].job.size, found[0].job.sha256) == (file.name, SIZE, sha256)
    with (blobs / "jobs" / found[0].job.id / "source").open("rb") as stored:
        assert hashlib.file_digest(stored, "sha256").hexdigest() == sha256


@pytest.mark.parametrize(
    "send",
    [by_tuspy, by_tus_js_client("Infinity"), by_tus_js_client("8000000"), by_tus_js_client("8000000", 3)],
    ids=["tuspy", "tus-js-client", "tus-js-client in chunks", "tus-js-client in parallel"],
)
async def test_fifty_cuts(
    tus_js_client: None,
    broker_url: str,
    blobs: Path,
    channel: AbstractChannel,
    queue: str,
    file: Path,
    send: Send,
) -> None:
    marks = random.sample(range(1, SIZE), CUTS)
    with (
        gateway_process(broker_url, blobs.as_uri()) as gateway,
        cutting("127.0.0.1", gateway.port, marks) as (url, cutter),
    ):
        job = await asyncio.to_thread(send, url, file)
        assert cutter.cuts == CUTS
        await check(channel, queue, blobs, file, job)


async def test_a_gateway_that_is_killed_again_and_again(
    broker_url: str, blobs: Path, channel: AbstractChannel, queue: str, file: Path
) -> None:
    """At random bytes; what it had acknowledged is there afterwards."""
    with gateway_process(broker_url, blobs.as_uri()) as gateway:
        job = await kill_again_and_again(gateway, file)
    await check(channel, queue, blobs, file, job)


async def test_a_gateway_over_a_bucket_that_is_killed_again_and_again(
    broker_url: str, channel: AbstractChannel, queue: str, file: Path, tmp_path: Path
) -> None:
    with (
        running_bucket() as bucket,
        environment(bucket.environment),
        gateway_process(broker_url, bucket.store_url) as gateway,
    ):
        job = await kill_again_and_again(gateway, file)
        copy = tmp_path / job.removeprefix("/") / "source"
        copy.parent.mkdir(parents=True)
        copy.write_bytes(bucket.read(f"{job.removeprefix('/')}/source"))
    await check(channel, queue, tmp_path, file, job)


async def kill_again_and_again(gateway: GatewayProcess, file: Path) -> str:
    """Gives its job."""
    url = create(gateway)
    for _ in range(5):
        acknowledged = offset_of(gateway, url)
        await asyncio.to_thread(send_until_killed, gateway, url, file, random.randrange(SIZE // 8))
        gateway.start()
        assert offset_of(gateway, url) >= acknowledged
    return await asyncio.to_thread(send_rest, gateway, url, file)


def create(gateway: GatewayProcess) -> str:
    client = TusClient(f"{gateway.url}/files")
    headers = {**client.headers, "Tus-Resumable": "1.0.0", "Upload-Length": str(SIZE)}
    headers["Upload-Metadata"] = "filename 5oql5ZGKLmJpbg=="
    return httpx.post(f"{gateway.url}/files", headers=headers).headers["location"]


def offset_of(gateway: GatewayProcess, url: str) -> int:
    return int(httpx.head(f"{gateway.url}{url}", headers={"Tus-Resumable": "1.0.0"}).headers["upload-offset"])


def patch(gateway: GatewayProcess, url: str, content: Any, offset: int) -> httpx.Response:
    headers = {
        "Tus-Resumable": "1.0.0",
        "Content-Type": "application/offset+octet-stream",
        "Upload-Offset": str(offset),
        "Content-Length": str(SIZE - offset),
    }
    return httpx.patch(f"{gateway.url}{url}", content=content, headers=headers, timeout=60)


def send_until_killed(gateway: GatewayProcess, url: str, file: Path, after: int) -> None:
    def pieces() -> Any:
        sent = 0
        with file.open("rb") as source:
            source.seek(offset)
            while piece := source.read(65536):
                yield piece
                sent += len(piece)
                if sent >= after:
                    gateway.kill()

    offset = offset_of(gateway, url)
    with pytest.raises(httpx.TransportError):
        patch(gateway, url, pieces(), offset)


def send_rest(gateway: GatewayProcess, url: str, file: Path) -> str:
    offset = offset_of(gateway, url)
    answer = patch(gateway, url, file.read_bytes()[offset:], offset)
    assert answer.status_code == 204, answer.text
    return answer.headers["stagecast-job"]
