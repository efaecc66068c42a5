"""What a sender says of its bytes is checked, and what the gateway found goes with the job to its checksum stage."""

import base64
import hashlib
from pathlib import Path
from typing import Any

import httpx
import pytest
from aio_pika.abc import AbstractChannel

from contracts.upload import decode_upload
from tests.integration.conftest import Listener
from tests.integration.test_uploads import FILE, left_in, refused, requests_in
from tests.services import running_gateway, running_processor

CONTENT = bytes(range(256)) * 10_000
FORM = FILE + b"--B--\r\n"
SHA256 = hashlib.sha256(CONTENT).hexdigest()


def digest(content: bytes, algorithm: str = "sha-256") -> str:
    value = hashlib.new(algorithm.replace("-", ""), content).digest()
    return f"{algorithm}=:{base64.b64encode(value).decode()}:"


def put(content: bytes, **headers: str) -> dict[str, Any]:
    return {"method": "PUT", "url": "/upload/a.bin", "content": content, "headers": headers}


def post(content: bytes, **headers: str) -> dict[str, Any]:
    form = {"Content-Type": "multipart/form-data; boundary=B"}
    return {"method": "POST", "url": "/upload", "content": content, "headers": form | headers}


@pytest.mark.parametrize(
    "request_",
    [
        put(CONTENT, **{"Content-Digest": digest(CONTENT)}),
        put(CONTENT, **{"Repr-Digest": f"{digest(CONTENT, 'sha-512')}, md5=:AAAA:"}),
        post(FORM, **{"Content-Digest": digest(FORM)}),
    ],
)
async def test_bytes_that_are_as_promised_are_taken(
    broker_url: str, blobs: Path, inspect_queue: str, request_: dict[str, Any]
) -> None:
    async with running_gateway(broker_url, blobs.as_uri()) as url, httpx.AsyncClient(base_url=url) as client:
        assert (await client.request(**request_)).status_code == 202


@pytest.mark.parametrize(
    ("request_", "words"),
    [
        (put(CONTENT, **{"Content-Digest": digest(b"other")}), "not what Content-Digest says"),
        (put(b"", **{"Repr-Digest": digest(b"other", "sha-512")}), "not what Repr-Digest says"),
        (put(CONTENT, **{"Content-Digest": digest(CONTENT), "Repr-Digest": digest(b"x")}), "Repr-Digest"),
        (put(CONTENT, **{"Content-Digest": "sha-256=abc"}), "must look like"),
        (post(FORM, **{"Content-Digest": digest(b"content")}), "not what Content-Digest says"),
    ],
)
async def test_other_bytes_are_refused_and_leave_nothing(
    broker_url: str,
    blobs: Path,
    channel: AbstractChannel,
    inspect_queue: str,
    request_: dict[str, Any],
    words: str,
) -> None:
    async with running_gateway(broker_url, blobs.as_uri()) as url, httpx.AsyncClient(base_url=url) as client:
        refused(await client.request(**request_), 400, words)
    assert left_in(blobs) == []
    assert await requests_in(channel, inspect_queue) == []


async def test_the_hash_goes_with_the_job(
    broker_url: str, blobs: Path, channel: AbstractChannel, inspect_queue: str, events: Listener
) -> None:
    async with running_gateway(broker_url, blobs.as_uri()) as url, httpx.AsyncClient(base_url=url) as client:
        [job] = (await client.put("/upload/a.bin", content=CONTENT)).json()["jobs"]
        told = (await client.get(f"/jobs/{job['id']}")).json()
    [request] = await requests_in(channel, inspect_queue)
    [queued] = await events.until("job.queued")
    kept = decode_upload((blobs / "jobs" / job["id"] / "upload.json").read_bytes())
    assert {request.job.sha256, queued.data.job.sha256, kept.job.sha256, told["job"]["sha256"]} == {SHA256}


@pytest.mark.parametrize(("broken", "end"), [(False, "job.completed"), (True, "job.failed")])
async def test_the_checksum_stage_agrees_or_the_job_fails_for_good(
    broker_url: str, blobs: Path, inspect_queue: str, events: Listener, broken: bool, end: str
) -> None:
    async with running_gateway(broker_url, blobs.as_uri()) as url, httpx.AsyncClient(base_url=url) as client:
        [job] = (await client.put("/upload/a.bin", content=CONTENT)).json()["jobs"]
    if broken:
        (blobs / "jobs" / job["id"] / "source").write_bytes(CONTENT[:-1] + b"?")
    async with running_processor(broker_url, blobs.as_uri(), "processor.inspection.stages:inspect"):
        ended = (await events.until_ended(1))[job["id"]]
    assert ended.type == end
    if broken:
        assert "not what was received" in ended.data.model_dump()["reason"]
        assert "job.retrying" not in events.told()
