from collections.abc import AsyncIterator
from pathlib import Path

import obstore
import pytest
from obstore.store import LocalStore, S3Store

from contracts.bucket import LOCAL_PART_BYTES, REMOTE_PART_BYTES, open_bucket, part_bytes
from contracts.media import attributes_of, disposition_of
from contracts.whole import put_whole

GIBIBYTE = 1024**3


@pytest.mark.parametrize("size", [1, 5 * 1024**2, 48 * GIBIBYTE, 64 * GIBIBYTE, 5 * 1024 * GIBIBYTE])
def test_a_file_of_any_size_fits_into_the_parts_that_s3_takes(size: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_REGION", "us-east-1")
    store = open_bucket("s3://bucket/prefix")
    part = part_bytes(store, largest=size)
    assert part >= REMOTE_PART_BYTES
    assert -(-size // part) <= 10_000


def test_a_folder_takes_small_parts(tmp_path: Path) -> None:
    assert part_bytes(LocalStore(tmp_path), largest=64 * GIBIBYTE) == LOCAL_PART_BYTES


def test_a_bucket_keeps_what_an_artifact_is() -> None:
    store = S3Store("bucket", region="us-east-1")
    key = "jobs/0/artifacts/table.csv.gz"
    assert attributes_of(store, key) == {
        "Content-Type": "application/gzip",
        "Content-Disposition": 'attachment; filename="table.csv.gz"',
    }
    assert attributes_of(store, "jobs/0/source") is None
    assert disposition_of("report.html") == 'inline; filename="report.html"'


async def test_what_is_broken_off_by_its_source_leaves_nothing(tmp_path: Path) -> None:
    class GoneError(Exception):
        """The sender's end."""

    async def blocks() -> AsyncIterator[bytes]:
        yield bytes(3 * LOCAL_PART_BYTES)
        raise GoneError

    store = LocalStore(tmp_path)
    with pytest.raises(GoneError):
        await put_whole(store, "file", blocks(), largest=GIBIBYTE)
    assert obstore.list(store).collect() == []
