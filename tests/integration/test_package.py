"""The wheel: everything that runs is in it, nothing else, and its command starts outside the checkout."""

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from tests.stack import PROJECT, clean_environment

PACKAGES = {"contracts", "client", "gateway", "processor", "notifier", "cli"}


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    build = [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", str(folder)]
    subprocess.run(build, cwd=PROJECT, check=True, capture_output=True)
    [wheel] = folder.iterdir()
    return wheel


def test_it_holds_every_file_of_the_packages(wheel: Path) -> None:
    held = {name for name in zipfile.ZipFile(wheel).namelist() if ".dist-info/" not in name}
    wanted = {
        path.relative_to(PROJECT).as_posix()
        for package in PACKAGES
        for path in (PROJECT / package).rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    assert held == wanted
    assert "gateway/web/index.html" in held


def test_its_command_runs_outside_the_checkout(wheel: Path, tmp_path: Path) -> None:
    site = tmp_path / "site"
    install = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-index", "--target", str(site)]
    subprocess.run([*install, str(wheel)], check=True, capture_output=True)
    blobs = (tmp_path / "blobs").as_uri()
    ended = subprocess.run(
        [site / "bin" / "stagecast", "prune", "--older-than", "30d"],
        cwd=tmp_path,
        env={**clean_environment(), "PYTHONPATH": str(site), "STAGECAST_STORE_URL": blobs},
        capture_output=True,
        text=True,
        check=True,
    )
    assert ended.stdout == f"removed 0 jobs, 0 bytes, 0 keys (in {blobs})\n"


def test_a_checkout_has_the_command_too(tmp_path: Path) -> None:
    """`make up` links it into .venv; a folder of ours in the current one is not taken for the project's."""
    (tmp_path / "client").mkdir()
    ended = subprocess.run(
        [PROJECT / ".venv" / "bin" / "stagecast", "jobs", "--url", "http://127.0.0.1:9", "--events-url", ""],
        cwd=tmp_path,
        env={**clean_environment(), "XDG_STATE_HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 1
    assert ended.stderr.startswith("stagecast: nothing usable answers at http://127.0.0.1:9")
