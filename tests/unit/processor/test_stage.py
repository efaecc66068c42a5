from pathlib import Path
from typing import Any

import pytest
from obstore.store import MemoryStore

from processor.stage import Found, Progress, Saved, Source, Stage, media_type_of
from tests.samples import JOB_ID


@pytest.fixture
def told() -> list[Any]:
    return []


@pytest.fixture
def stage(tmp_path: Path, told: list[Any]) -> Stage:
    path = tmp_path / "source"
    path.write_bytes(b"abcdef")
    source = Source(path, "a.txt", 6)
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
