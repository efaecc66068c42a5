"""What the tests of `inspect` share."""

from pathlib import Path

import pytest

from tests.unit.inspection.workbench import Inspect, Inspected, look, run


@pytest.fixture
def inspected(tmp_path: Path) -> Inspect:
    """Write a file and analyse it, or run the stages that are asked for."""
    runs = 0

    def write_and_run(content: bytes | str | Path, name: str = "file", stages: tuple[str, ...] = ()) -> Inspected:
        nonlocal runs
        runs += 1
        folder = tmp_path / f"run{runs}"
        folder.mkdir()
        path = content if isinstance(content, Path) else folder / "source"
        if not isinstance(content, Path):
            path.write_bytes(content.encode() if isinstance(content, str) else content)
        return run(path, folder, name=name, stages=stages) if stages else look(path, folder, name=name)

    return write_and_run
