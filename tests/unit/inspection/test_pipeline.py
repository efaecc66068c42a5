"""The five stages as a whole: on any file they come to an end, with honest progress."""

import hashlib
import json
import subprocess
import sys
import zlib
from pathlib import Path

import pytest
import zstandard

from processor.inspection import inspect
from tests.unit.inspection.files import image, noise, tarred, zipped
from tests.unit.inspection.workbench import JOB, Inspect, run

STAGES = tuple(plan.name for plan in inspect.stages)
FILES = {
    "empty": b"",
    "one byte": b"\0",
    "text.txt": "naïve café\n".encode(),
    "table.csv": b"a,b\n1,2\n3,4\n5,6\n",
    "records.jsonl": b'{"a": 1}\n{"a": 2}\n',
    "document.json": b'{"a": [1, 2, {"b": null}]}',
    "picture.png": image(),
    "archive.zip": zipped({"a/b.txt": b"hello"}),
    "cut.zip": zipped({"a/b.txt": b"hello"})[:40],
    "archive.tar.gz": tarred({"a": b"1"}, "w:gz"),
    "broken.pdf": b"%PDF-1.7\nnonsense",
    "broken.parquet": b"PAR1" + noise(500) + b"PAR1",
    "random.bin": noise(70_000),
    "half unicode": b"\xff\xfea",
    "zeros": bytes(5000),
}


def test_stages_are_in_order() -> None:
    assert inspect.name == "inspect"
    assert STAGES == ("checksum", "identify", "analyse", "compress", "report")
    assert all(plan.timeout is not None and plan.retries <= 2 for plan in inspect.stages)


@pytest.mark.parametrize("name", FILES)
def test_any_file_goes_through_all_stages(name: str, inspected: Inspect) -> None:
    result = inspected(FILES[name], name, stages=STAGES)

    assert set(result.facts) == set(STAGES)
    assert {"checksums.json", "identity.json", "analysis.json", "content.zst", "report.html"} <= set(result.artifacts)
    for artifact in ("checksums.json", "identity.json", "analysis.json"):
        json.loads(result.read(artifact))
    for told in result.progress.values():
        fractions = [progress.fraction for progress in told]
        assert fractions == sorted(fractions)
        assert fractions[-1] == 1
        assert told[-1].message


def test_checksums_are_those_of_the_content(inspected: Inspect) -> None:
    content = noise(3_000_000)

    facts = inspected(content, stages=("checksum",)).facts["checksum"]

    assert facts == {
        "size": len(content),
        "sha256": hashlib.sha256(content).hexdigest(),
        "sha1": hashlib.sha1(content).hexdigest(),
        "crc32": f"{zlib.crc32(content):08x}",
    }


def test_compressed_content_is_the_content(inspected: Inspect) -> None:
    content = b"stagecast " * 300_000

    result = inspected(content, stages=("compress",))

    packed = result.read("content.zst")
    assert zstandard.decompress(packed) == content
    facts = result.facts["compress"]
    assert facts["compressed_size"] == len(packed)
    assert facts["ratio"] == round(len(content) / len(packed), 3)


def test_progress_says_how_many_bytes_of_how_many(inspected: Inspect) -> None:
    told = inspected(noise(2_500_000), stages=("checksum",)).progress["checksum"]

    assert told[0].message == "1.0 MB of 2.5 MB"
    assert 0 < told[0].fraction < 1


def test_a_report_can_be_made_without_the_earlier_stages(inspected: Inspect) -> None:
    page = inspected(b"hello", "hello.txt", stages=("report",)).page

    assert "hello.txt" in page
    assert JOB in page


def test_nothing_is_written_beside_the_workdir(tmp_path: Path) -> None:
    source = tmp_path / "source"
    source.write_bytes(zipped({"../escaped": b"x", "/absolute": b"y"}))

    run(source, tmp_path / "job", name="escape.zip")

    assert {path.name for path in tmp_path.iterdir()} == {"source", "job"}
    assert {path.name for path in (tmp_path / "job").iterdir()} == {*STAGES, "blobs"}


def test_importing_the_pipeline_imports_no_heavy_library() -> None:
    heavy = "{'polars', 'PIL', 'pypdf', 'zstandard', 'puremagic'}"
    code = f"import sys; import processor.inspection; sys.exit(str(sorted({heavy} & set(sys.modules)) or ''))"

    finished = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)

    assert finished.stderr.strip() in {"", "''"}
