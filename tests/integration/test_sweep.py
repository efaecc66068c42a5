"""What nobody goes on with is removed; what somebody goes on with never is. Age is what the store says, not a clock."""

import asyncio
import os
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest
from aio_pika.abc import AbstractChannel
from obstore.store import LocalStore

from contracts.access.caller import Caller
from gateway.blobs import Blobs
from gateway.errors import ConflictError, NotFoundError, NotReadyError
from gateway.idempotency import KeptUploads
from gateway.quotas import Quota
from gateway.submission import Submissions
from gateway.tus.files import Files, Standing
from gateway.tus.growing_file import GrowingFile
from gateway.tus.ledger import Ledger
from gateway.tus.part_objects import PartObjects
from gateway.tus.protocol import Creation
from gateway.tus.sweep import QUIET, Sweep
from gateway.usage import UsageBook
from tests.fakes import FakePublisher
from tests.ground import wait_until_async
from tests.services import running_gateway

UPLOAD_ID = "5f3b9c1e-0000-4000-8000-000000000001"
OTHER_ID = "5f3b9c1e-0000-4000-8000-000000000009"
SENDER = Caller("ada")
DAY = timedelta(hours=24)
SIZE = 100_000_000


class Place:
    """A gateway's resumable uploads, and its sweep."""

    def __init__(self, blobs: Path, kind: str) -> None:
        store = LocalStore(blobs, automatic_cleanup=True)
        kept, usage, ledger = KeptUploads(store), UsageBook(store, Quota()), Ledger(store)
        files = Blobs(store, largest=SIZE)
        receptacle = GrowingFile(blobs) if kind == "growing file" else PartObjects(store, files, largest=SIZE)
        self.broker = FakePublisher()
        submissions = Submissions(files, self.broker, source="/gateways/test")
        self.files = Files(ledger, receptacle, files, submissions, kept, usage)
        self.sweep = Sweep(ledger, self.files, usage, DAY)
        self.folder = blobs

    async def begin(self, length: int = 10) -> Standing:
        return await self.files.create(UPLOAD_ID, Creation(length, "", {}), SENDER)

    async def add(self, *blocks: bytes) -> Standing:
        return await self.files.add(await self.files.find(UPLOAD_ID, SENDER), pieces(*blocks))

    async def partials(self) -> tuple[str, ...]:
        """Two partial uploads, complete."""
        ids = (UPLOAD_ID[:-1] + "2", UPLOAD_ID[:-1] + "3")
        for upload_id, content in zip(ids, (b"hello", b"world"), strict=True):
            standing = await self.files.create(upload_id, Creation(5, "", {}, is_partial=True), SENDER)
            await self.files.add(standing, pieces(content))
        return ids

    async def join(self, upload_id: str, *parts: str) -> Standing:
        return await self.files.create(upload_id, Creation(None, "", {}, partials=parts), SENDER)

    def left(self) -> set[str]:
        return {path.name for path in self.folder.rglob("*") if path.is_file()}

    def age(self, by: timedelta = DAY * 2) -> None:
        """As if nothing had been written for so long."""
        for path in (self.folder / "uploads").rglob("*"):
            then = path.stat().st_mtime - by.total_seconds()
            os.utime(path, (then, then))


@pytest.fixture(params=["growing file", "objects"])
def place(request: pytest.FixtureRequest, blobs: Path) -> Place:
    return Place(blobs, request.param)


async def pieces(*found: bytes) -> AsyncIterator[bytes]:
    for each in found:
        yield each


async def test_what_is_young_stays(place: Place) -> None:
    await place.begin()
    await place.add(b"hello")
    place.age(DAY - timedelta(hours=1))
    await place.sweep.once()
    assert (await place.files.find(UPLOAD_ID, SENDER)).progress.offset == 5


async def test_what_was_abandoned_goes(place: Place) -> None:
    await place.begin()
    await place.add(b"hello")
    place.age()
    await place.sweep.once()
    with pytest.raises(NotFoundError):
        await place.files.find(UPLOAD_ID, SENDER)
    place.age()
    await place.sweep.once()
    assert place.left() == set()
    assert place.broker.submitted == []


async def test_what_came_in_meanwhile_saves_it(place: Place) -> None:
    await place.begin()
    await place.add(b"hello")
    place.age()
    await place.add(b"!")
    await place.sweep.once()
    assert (await place.files.find(UPLOAD_ID, SENDER)).progress.offset == 6


async def test_what_is_on_its_way_saves_it(place: Place) -> None:
    await place.begin()
    place.age()
    let, was_asked = asyncio.Event(), asyncio.Event()

    async def slowly() -> AsyncIterator[bytes]:
        yield b"hello"
        was_asked.set()
        await let.wait()
        yield b"world"

    adding = asyncio.ensure_future(place.files.add(await place.files.find(UPLOAD_ID, SENDER), slowly()))
    await was_asked.wait()
    await place.sweep.once()
    let.set()
    assert (await adding).progress.is_complete


async def test_a_lock_counts_more_than_age(blobs: Path) -> None:
    """In a folder: however old all that stands there says it is."""
    place = Place(blobs, "growing file")
    await place.begin()
    let, was_asked = asyncio.Event(), asyncio.Event()

    async def slowly() -> AsyncIterator[bytes]:
        was_asked.set()
        await let.wait()
        yield b"helloworld"

    adding = asyncio.ensure_future(place.files.add(await place.files.find(UPLOAD_ID, SENDER), slowly()))
    await was_asked.wait()
    place.age()
    await place.sweep.once()
    let.set()
    assert (await adding).progress.is_complete


async def test_what_is_complete_becomes_a_job_however_old(place: Place) -> None:
    """Its gateway was killed before it could: nobody is told 404 for bytes that were acknowledged."""
    await place.begin()
    await place.add(b"helloworld")
    assert place.broker.submitted == []
    place.age()
    await place.sweep.once()
    [request] = place.broker.submitted
    assert request.job.size == 10
    await place.sweep.once()
    assert len(place.broker.submitted) == 1
    assert (place.folder / "jobs" / request.job.id / "source").read_bytes() == b"helloworld"


async def test_what_nobody_can_run_any_more_goes(place: Place) -> None:
    await place.begin()
    await place.add(b"helloworld")
    place.broker.offers = False
    await place.sweep.once()
    assert (await place.files.look(UPLOAD_ID)).is_due
    place.age()
    await place.sweep.once()
    with pytest.raises(NotFoundError):
        await place.files.look(UPLOAD_ID)


async def test_partial_uploads_go_too(place: Place) -> None:
    await place.files.create(UPLOAD_ID, Creation(5, "", {}, is_partial=True), SENDER)
    await place.add(b"hello")
    place.age()
    await place.sweep.once()
    with pytest.raises(NotFoundError):
        await place.files.look(UPLOAD_ID)
    assert place.broker.submitted == []


async def test_a_whole_is_made_of_its_parts_once_and_can_be_sent_when_they_are_gone(place: Place) -> None:
    parts = await place.partials()
    place.broker.is_away = True
    with pytest.raises(NotReadyError):
        await place.join(UPLOAD_ID, *parts)
    for part in parts:
        await place.files.remove(await place.files.find(part, SENDER))
    place.broker.is_away = False
    place.age(QUIET * 2)
    await place.sweep.once()
    [request] = place.broker.submitted
    assert (place.folder / "jobs" / request.job.id / "source").read_bytes() == b"helloworld"


async def test_what_cannot_be_put_together_goes_too(place: Place) -> None:
    """Its parts were another's: one part is of one whole, so that nobody stores more than they sent."""
    parts = await place.partials()
    await place.join(UPLOAD_ID, *parts)
    with pytest.raises(ConflictError):
        await place.join(OTHER_ID, parts[0])
    assert len(place.broker.submitted) == 1
    for _ in range(2):
        place.age()
        await place.sweep.once()
    assert place.left() == {"source", "upload.json"}


async def test_what_is_finished_goes_and_its_job_stays(place: Place) -> None:
    await place.begin()
    await place.add(b"helloworld")
    standing = await place.files.find(UPLOAD_ID, SENDER)
    for _ in range(2):
        place.age()
        await place.sweep.once()
    assert place.left() == {"source", "upload.json"}
    assert (place.folder / "jobs" / str(standing.job_id)).is_dir()


async def test_the_gateway_sweeps(
    broker_url: str, blobs: Path, channel: AbstractChannel, inspect_queue: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = Place(blobs, "growing file")
    await place.begin()
    monkeypatch.setattr("gateway.tus.sweep.BETWEEN_SWEEPS", timedelta(milliseconds=50))
    async with running_gateway(broker_url, blobs.as_uri(), gateway_upload_expiry_seconds=0.001):
        await wait_until_async(lambda: place.left() == set(), 30)
