import hashlib
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from obstore.store import LocalStore, MemoryStore

from contracts.media import media_type_of
from processor.stage import Found, Progress, Saved, Source, Stage
from processor.stage_log import Logged
from processor.workplace import MAX_ARTIFACTS
from tests.samples import JOB_ID


@pytest.fixture
def told() -> list[Any]:
    return []


@pytest.fixture
def stage(tmp_path: Path, told: list[Any]) -> Stage:
    path = tmp_path / "source"
    path.write_bytes(b"abcdef")
    source = Source(path, "a.txt", 6)
    (tmp_path / "work").mkdir()
    return Stage(source, tmp_path / "work", JOB_ID, MemoryStore(), told.append)


def test_progress_is_held_back_but_the_last_one_is_sent(stage: Stage, told: list[Any]) -> None:
    for number in range(1, 1001):
        stage.progress(number / 1000, f"{number}")
    assert len(told) < 100
    stage.flush()
    assert told[-1] == Progress(1.0, "1000")
    stage.flush()
    assert told.count(Progress(1.0, "1000")) == 1


def test_progress_is_bounded(stage: Stage, told: list[Any]) -> None:
    stage.progress(7, "x" * 10_000)
    assert told == [Progress(1.0, "x" * 500)]


def test_artifacts_are_told_when_they_are_stored(stage: Stage, told: list[Any], tmp_path: Path) -> None:
    (tmp_path / "made").write_bytes(b"12345")
    stage.save("a.json", b"{}")
    stage.save("b.txt", "é")
    stage.save("c.zst", tmp_path / "made")
    assert [(saved.artifact.name, saved.artifact.size) for saved in told] == [("a.json", 2), ("b.txt", 2), ("c.zst", 5)]
    assert [stage.read(name) for name in ("a.json", "b.txt", "c.zst")] == [b"{}", "é".encode(), b"12345"]
    assert all(isinstance(saved, Saved) for saved in told)


def test_what_nobody_saved_is_not_found(stage: Stage) -> None:
    with pytest.raises(FileNotFoundError):
        stage.read("nothing.txt")


def test_an_artifact_never_leaves_its_folder(stage: Stage) -> None:
    with pytest.raises(ValueError, match="artifact's name"):
        stage.save("../source", b"")


def test_facts_and_chunks(stage: Stage, told: list[Any]) -> None:
    stage.facts(rows=3)
    assert told == [Found({"rows": 3})]
    assert list(stage.source.chunks(4)) == [b"abcd", b"ef"]


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("a.html", "text/html"),
        ("a.json", "application/json"),
        ("content.zst", "application/zstd"),
        ("a.tar.gz", "application/gzip"),
        ("a", "application/octet-stream"),
    ],
)
def test_media_types(name: str, kind: str) -> None:
    assert media_type_of(name) == kind


def test_progress_that_was_held_back_is_the_newest(stage: Stage, told: list[Any]) -> None:
    stage.progress(0.1)
    stage.progress(0.2, "two")
    stage.progress(0.3, "three")
    stage.flush()
    assert told == [Progress(0.1, ""), Progress(0.3, "three")]


@pytest.mark.parametrize("payload", [b"\x00" * 3_000_000, "é" * 2_000_000, b""])
def test_an_artifact_has_its_checksum(stage: Stage, payload: bytes | str, tmp_path: Path) -> None:
    content = payload.encode() if isinstance(payload, str) else payload
    (tmp_path / "made").write_bytes(content)
    digest = hashlib.sha256(content).hexdigest()
    for saved in (stage.save("a", payload), stage.save("b", tmp_path / "made")):
        assert (saved.size, saved.sha256) == (len(content), digest)
    assert stage.read("a") == stage.read("b") == content
    assert stage.artifact_path("b").read_bytes() == content


def test_an_artifact_whose_file_cannot_be_read_is_none(stage: Stage, told: list[Any], tmp_path: Path) -> None:
    stage.save("a", b"before")
    with pytest.raises(FileNotFoundError):
        stage.save("a", tmp_path / "missing")
    assert stage.read("a") == b"before"
    assert len(told) == 1


def test_an_artifact_in_a_folder_is_read_where_it_stands(stage: Stage, tmp_path: Path) -> None:
    stage.store = LocalStore(prefix=tmp_path / "blobs", mkdir=True)
    stage.save("a.txt", tmp_path / "source")
    assert stage.artifact_path("a.txt") == tmp_path / "blobs" / "jobs" / JOB_ID / "artifacts" / "a.txt"
    with pytest.raises(FileNotFoundError):
        stage.artifact_path("b.txt")


def test_artifacts_are_counted(stage: Stage) -> None:
    for number in range(MAX_ARTIFACTS):
        stage.save(f"{number}", b"")
    stage.save("0", b"again")
    with pytest.raises(ValueError, match="archive"):
        stage.save("one-more", b"")


def test_facts_are_few_and_json(stage: Stage, told: list[Any]) -> None:
    stage.facts(words="x" * 60_000)
    with pytest.raises(ValueError, match="save them as an artifact"):
        stage.facts(more="x" * 6_000)
    with pytest.raises(TypeError):
        stage.facts(raw=b"no JSON")
    stage.facts(words="few")
    stage.facts(more="x" * 6_000)
    assert [list(found.facts) for found in told] == [["words"], ["words"], ["more"]]


def test_threads_may_speak_at_once(stage: Stage, told: list[Any]) -> None:
    def speak(number: int) -> None:
        stage.progress(number / 100)
        stage.facts(**{f"n{number}": number})
        stage.log.info("spoke", number=number)

    with ThreadPoolExecutor(8) as threads:
        list(threads.map(speak, range(100)))
    stage.flush()
    assert sum(isinstance(message, Found) for message in told) == 100
    assert sum(isinstance(message, Logged) for message in told) == 100
