"""The blob store is full, or may only be read, before, during and after a job.

Pass rule: uploads are refused and leave nothing; a stage that cannot save has failed and says why; what the processor
itself must write waits, and `/readyz` says so; with room again every job ends once and its artifacts are whole.
"""

import hashlib
import subprocess
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import httpx
import pytest
from aio_pika.abc import AbstractChannel

from contracts.record import decode_record
from tests.faults.processes import ProcessorProcess, Processors
from tests.ground import missing, wait_until_async
from tests.integration.conftest import Listener
from tests.integration.test_processor import submit
from tests.integration.test_uploads import left_in, refused, sources_in
from tests.services import running_gateway

Obstacle = Callable[[Path], AbstractContextManager[None]]

STORE_BYTES = 4 * 1024 * 1024


@pytest.fixture
def blobs(tmp_path: Path) -> Iterator[Path]:
    """A small file system of its own, in memory."""
    folder = tmp_path / "blobs"
    folder.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", f"size={STORE_BYTES}", "tmpfs", str(folder)]
    mounting = subprocess.run(command, check=False, capture_output=True, text=True)
    if mounting.returncode:
        missing(f"the right to mount a file system: {mounting.stderr.strip()}")
    yield folder
    subprocess.run(["umount", "--lazy", folder], check=True)


@pytest.fixture
async def gateway(broker_url: str, blobs: Path) -> AsyncIterator[httpx.AsyncClient]:
    async with (
        running_gateway(broker_url, blobs.as_uri()) as url,
        httpx.AsyncClient(base_url=url, timeout=60, params={"pipeline": "naps"}) as client,
    ):
        yield client


@contextmanager
def full(blobs: Path) -> Iterator[None]:
    """Not a byte is left."""
    ballast = blobs / "ballast"
    with ballast.open("wb", buffering=0) as file:
        try:
            while file.write(bytes(4096)):
                pass
        except OSError:
            pass
    yield
    ballast.unlink()


@contextmanager
def read_only(blobs: Path) -> Iterator[None]:
    subprocess.run(["mount", "-o", "remount,ro", blobs], check=True)
    yield
    subprocess.run(["mount", "-o", "remount,rw", blobs], check=True)


async def waits_for_the_store(processor: ProcessorProcess) -> None:
    async with httpx.AsyncClient() as client:

        async def says_so() -> bool:
            try:
                answer = await client.get(f"{processor.url}/readyz")
            except httpx.TransportError:
                return False  # it is not there yet
            words = ("the store fails", "the store's folder may not be written")  # found by trying, and by looking
            return answer.status_code == 503 and any(each in answer.text for each in words)

        await wait_until_async(says_so, 30, what="a processor that says that it waits for the store")


def sizes_of(blobs: Path, name: str) -> list[int]:
    return [path.stat().st_size for path in blobs.rglob(name)]


def check(blobs: Path, job_id: str) -> None:
    folder = blobs / "jobs" / job_id
    record = decode_record((folder / "job.json").read_bytes())
    for artifact in record.artifacts:
        assert hashlib.sha256((folder / "artifacts" / artifact.name).read_bytes()).hexdigest() == artifact.sha256
    assert not list(folder.rglob("*#*"))


@pytest.mark.parametrize(("obstacle", "status"), [(full, 507), (read_only, 503)])
async def test_uploads_to_a_store_that_takes_nothing(
    channel: AbstractChannel,
    processors: Processors,
    gateway: httpx.AsyncClient,
    blobs: Path,
    obstacle: Obstacle,
    status: int,
) -> None:
    await processors.start("naps")
    with obstacle(blobs):
        refused(await gateway.put("/upload/small", content=b"x"), status, "kept")
    refused(await gateway.put("/upload/large", content=bytes(STORE_BYTES)), 507, "no room left")
    assert left_in(blobs) == []
    assert (await gateway.put("/upload/small", content=b"x")).status_code == 202


async def test_a_resumable_upload_goes_on_when_there_is_room_again(
    channel: AbstractChannel, processors: Processors, gateway: httpx.AsyncClient, blobs: Path
) -> None:
    await processors.start("naps")
    content, version = bytes(range(256)) * 8192, {"Tus-Resumable": "1.0.0"}
    size = {"Upload-Length": str(len(content)), "Upload-Metadata": "pipeline bmFwcw=="}
    with full(blobs):
        refused(await gateway.post("/files", headers=version | size), 507, "no room left")
    assert [path for path in left_in(blobs) if path.is_file()] == []
    url = (await gateway.post("/files", headers=version | size)).headers["location"]
    sent = version | {"Content-Type": "application/offset+octet-stream"}
    with full(blobs):
        refused(await gateway.patch(url, content=content, headers=sent | {"Upload-Offset": "0"}), 507, "no room left")
        assert (await gateway.head(url, headers=version)).headers["upload-offset"] == "0"
        assert sizes_of(blobs, "bytes") in [[], [0]]
    answer = await gateway.patch(url, content=content, headers=sent | {"Upload-Offset": "0"})
    assert sources_in(blobs) == {answer.headers["stagecast-job"].removeprefix("/jobs/"): content}


@pytest.mark.parametrize("obstacle", [full, read_only])
async def test_jobs_that_cannot_be_claimed_wait(
    processors: Processors, blobs: Path, channel: AbstractChannel, events: Listener, obstacle: Obstacle
) -> None:
    jobs = [await submit(channel, blobs, "dice", b"fine") for _ in range(10)]
    with obstacle(blobs):
        processor = processors.launch("dice")
        await waits_for_the_store(processor)
        assert events.told() == []
    ends = await events.until_ended(len(jobs))
    for job_id in jobs:
        assert ends[job_id].type == "job.completed"
        check(blobs, job_id)
    assert {event.data.attempt for event in events.heard} == {1}
    await processor.ready()


async def test_a_stage_that_cannot_save_has_failed_and_the_rest_waits(
    processors: Processors, blobs: Path, channel: AbstractChannel, events: Listener
) -> None:
    processor = await processors.start("naps", "dice")
    job_id = await submit(channel, blobs, "naps", b"x")
    other = await submit(channel, blobs, "dice", b"fine")
    await events.until("job.completed")
    await events.until("stage.started", count=3)
    sleeping = blobs / "jobs" / job_id / "artifacts" / "asleep"
    sleeping.parent.mkdir()
    sleeping.touch()
    with full(blobs):
        sleeping.rename(sleeping.with_name("awake"))  # takes no room
        await events.until("stage.failed")
        await waits_for_the_store(processor)
        assert "job.failed" not in events.told()
    ends = await events.until_ended(2)
    assert "No space left" in ends[job_id].data.model_dump()["reason"]
    check(blobs, other)
    await processor.ready()
