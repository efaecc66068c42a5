"""Where resumable uploads gather: one contract, kept by a growing file and by objects.

Two receptacles over one store are two gateways.
"""

import asyncio
import hashlib
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import obstore
import pytest
from obstore.store import LocalStore, MemoryStore, ObjectStore

from contracts.blobs import resumable_folder, source_key
from gateway.blobs import Blobs
from gateway.errors import ChecksumMismatchError, ConflictError, LockedError, NotFoundError
from gateway.tus import growing_file, part_objects
from gateway.tus.growing_file import GrowingFile
from gateway.tus.part_objects import PartObjects
from gateway.tus.receptacle import Receptacle
from tests.buckets import Bucket, running_bucket
from tests.ground import wait_until_async
from tests.samples import JOB_ID

UPLOAD_ID = "5f3b9c1e-0000-4000-8000-000000000001"
SIZE = 100_000_000
BLOCK = bytes(range(256)) * 4096
Make = Callable[[], Receptacle]


@pytest.fixture(scope="module")
def bucket() -> Iterator[Bucket]:
    with running_bucket() as bucket:
        yield bucket


@pytest.fixture(params=["growing file", "objects in a folder", "objects in memory", "objects in a bucket"])
def store(request: pytest.FixtureRequest, blobs: Path) -> Iterator[ObjectStore]:
    match request.param:
        case "objects in memory":
            yield MemoryStore()
        case "objects in a bucket":
            store = request.getfixturevalue("bucket").open()
            yield store
            for each in [each for batch in obstore.list(store) for each in batch]:
                obstore.delete(store, each["path"])
        case _:
            yield LocalStore(blobs, automatic_cleanup=True)


@pytest.fixture
async def gateway(request: pytest.FixtureRequest, store: ObjectStore, blobs: Path) -> Make:
    """Makes a receptacle as a gateway of its own has it; an upload was created."""
    await obstore.put_async(store, f"{resumable_folder(UPLOAD_ID)}/upload.json", b"{}")
    if request.node.callspec.params["store"] == "growing file":
        return lambda: GrowingFile(blobs)
    return lambda: PartObjects(store, Blobs(store, largest=SIZE), largest=SIZE)


async def blocks(*found: bytes) -> AsyncIterator[bytes]:
    for each in found:
        yield each


async def all_of(receptacle: Receptacle) -> bytes:
    return b"".join([block async for block in receptacle.read(UPLOAD_ID)])


class Gate:
    """Blocks that come when they are let."""

    def __init__(self, *found: bytes) -> None:
        self._found = found
        self.was_asked = asyncio.Event()
        self.opened = asyncio.Event()

    async def blocks(self) -> AsyncIterator[bytes]:
        for each in self._found:
            yield each
        self.was_asked.set()
        await self.opened.wait()


async def test_bytes_add_up_over_gateways(gateway: Make, store: ObjectStore) -> None:
    assert await gateway().offset(UPLOAD_ID) == 0
    assert await gateway().append(UPLOAD_ID, 0, blocks(b"hello ", b"wor"), whole=False) == 9
    assert await gateway().append(UPLOAD_ID, 9, blocks(), whole=False) == 9
    assert await gateway().append(UPLOAD_ID, 9, blocks(b"ld"), whole=True) == 11
    assert await gateway().offset(UPLOAD_ID) == 11
    assert await all_of(gateway()) == b"hello world"
    content = await gateway().become(UPLOAD_ID, JOB_ID)
    assert (content.size, content.sha256) == (11, hashlib.sha256(b"hello world").hexdigest())
    assert await gateway().become(UPLOAD_ID, JOB_ID) == content
    found = await obstore.get_async(store, source_key(JOB_ID))
    assert bytes(await found.bytes_async()) == b"hello world"


async def test_one_gateway_needs_not_read_again_what_it_saw(gateway: Make) -> None:
    one = gateway()
    for number in range(5):
        await one.append(UPLOAD_ID, number * len(BLOCK), blocks(BLOCK), whole=False)
    assert (await one.become(UPLOAD_ID, JOB_ID)).sha256 == hashlib.sha256(BLOCK * 5).hexdigest()


async def test_nothing_becomes_an_empty_file(gateway: Make, store: ObjectStore) -> None:
    assert (await gateway().become(UPLOAD_ID, JOB_ID)).size == 0
    assert (await obstore.head_async(store, source_key(JOB_ID)))["size"] == 0


@pytest.mark.parametrize("offset", [0, 4, 6])
async def test_only_the_end_can_be_added_to(gateway: Make, offset: int) -> None:
    await gateway().append(UPLOAD_ID, 0, blocks(b"hello"), whole=False)
    with pytest.raises(ConflictError, match="byte 5") as caught:
        await gateway().append(UPLOAD_ID, offset, blocks(b"x"), whole=False)
    assert caught.value.headers["Upload-Offset"] == "5"
    assert await all_of(gateway()) == b"hello"


async def test_of_two_at_once_one_wins(gateway: Make) -> None:
    gates = [Gate(b"first" * 100), Gate(b"other" * 100)]
    adding = [asyncio.ensure_future(gateway().append(UPLOAD_ID, 0, gate.blocks(), whole=False)) for gate in gates]
    for gate, task in zip(gates, adding, strict=True):
        asked = asyncio.ensure_future(gate.was_asked.wait())
        await asyncio.wait({asked, task}, timeout=30, return_when=asyncio.FIRST_COMPLETED)
        asked.cancel()
        gate.opened.set()
    outcomes = await asyncio.gather(*adding, return_exceptions=True)
    assert [type(outcome) for outcome in outcomes if isinstance(outcome, Exception)] == [LockedError]
    [winner] = [gate for gate, outcome in zip(gates, outcomes, strict=True) if outcome == 500]
    assert await all_of(gateway()) == winner._found[0]


async def test_a_gateway_that_is_killed_leaves_what_it_has_said(gateway: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(growing_file, "COMMIT_BYTES", len(BLOCK))
    monkeypatch.setattr(part_objects, "PART_BYTES", len(BLOCK))
    gate = Gate(*[BLOCK] * 4)
    adding = asyncio.ensure_future(gateway().append(UPLOAD_ID, 0, gate.blocks(), whole=False))
    await gate.was_asked.wait()

    async def some_counts() -> bool:
        return await gateway().offset(UPLOAD_ID) >= len(BLOCK) * 2

    await wait_until_async(some_counts, 30)
    offset = await gateway().offset(UPLOAD_ID)
    adding.cancel()
    await asyncio.wait({adding})
    assert await gateway().offset(UPLOAD_ID) >= offset
    rest = BLOCK * 4 + b"the end"
    offset = await gateway().offset(UPLOAD_ID)
    await gateway().append(UPLOAD_ID, offset, blocks(rest[offset:]), whole=False)
    assert (await gateway().become(UPLOAD_ID, JOB_ID)).sha256 == hashlib.sha256(rest).hexdigest()


async def test_a_whole_body_is_kept_whole_or_not_at_all(gateway: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(growing_file, "COMMIT_BYTES", 1)
    monkeypatch.setattr(part_objects, "PART_BYTES", 1)

    async def wrong() -> AsyncIterator[bytes]:
        yield BLOCK
        yield BLOCK
        raise ChecksumMismatchError

    await gateway().append(UPLOAD_ID, 0, blocks(b"kept"), whole=True)
    with pytest.raises(ChecksumMismatchError):
        await gateway().append(UPLOAD_ID, 4, wrong(), whole=True)
    assert await gateway().offset(UPLOAD_ID) == 4
    await gateway().append(UPLOAD_ID, 4, blocks(b"!"), whole=True)
    assert await all_of(gateway()) == b"kept!"


async def test_what_is_closed_takes_no_more(gateway: Make, store: ObjectStore) -> None:
    await gateway().append(UPLOAD_ID, 0, blocks(b"hello"), whole=False)
    assert not await gateway().close(UPLOAD_ID, at=0)
    assert await gateway().close(UPLOAD_ID, at=5)
    await obstore.delete_async(store, f"{resumable_folder(UPLOAD_ID)}/upload.json")
    with pytest.raises((NotFoundError, ConflictError)):
        await gateway().append(UPLOAD_ID, 0, blocks(b"x"), whole=False)


async def test_of_closing_and_adding_one_wins(gateway: Make) -> None:
    gate = Gate(b"hello")
    adding = asyncio.ensure_future(gateway().append(UPLOAD_ID, 0, gate.blocks(), whole=False))
    await gate.was_asked.wait()
    closed = await gateway().close(UPLOAD_ID, at=0)
    gate.opened.set()
    [outcome] = await asyncio.gather(adding, return_exceptions=True)
    assert (closed, outcome) == (False, 5) or (closed and isinstance(outcome, NotFoundError | LockedError))
