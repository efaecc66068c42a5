import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from cli.errors import CannotStartError
from cli.pidfile import end_stale, only_one, write_pid

SLEEP = [sys.executable, "-c", "print(flush=True); import time; time.sleep(600)  # left behind"]


@contextmanager
def sleeping() -> Iterator[subprocess.Popen[bytes]]:
    """A process that does nothing, and surely has its command line already."""
    with subprocess.Popen(SLEEP, start_new_session=True, stdout=subprocess.PIPE) as process:
        try:
            assert process.stdout is not None
            process.stdout.readline()
            yield process
        finally:
            process.kill()


def test_a_folder_is_held_by_one(tmp_path: Path) -> None:
    with only_one(tmp_path), pytest.raises(CannotStartError, match="already runs"), only_one(tmp_path):
        pass
    with only_one(tmp_path):
        pass


def test_what_was_left_behind_is_ended(tmp_path: Path) -> None:
    with sleeping() as process:
        write_pid(tmp_path / "sleep.pid", process.pid, "left behind")
        assert end_stale(tmp_path) == [process.pid]
        assert process.wait(10) < 0
    assert list(tmp_path.iterdir()) == []


def test_a_stranger_with_the_same_pid_is_left_alone(tmp_path: Path) -> None:
    with sleeping() as process:
        write_pid(tmp_path / "other.pid", process.pid, "-m gateway")
        assert end_stale(tmp_path) == []
        assert process.poll() is None


def test_a_copied_folder_says_nothing_about_the_original(tmp_path: Path) -> None:
    with sleeping() as process:
        original, copy = tmp_path / "original.pid", tmp_path / "copy" / "original.pid"
        write_pid(original, process.pid, "left behind")
        copy.parent.mkdir()
        copy.write_bytes(original.read_bytes())
        assert end_stale(copy.parent) == []
        assert process.poll() is None


@pytest.mark.parametrize("text", ["", "banana", "1\n2", "999999999\n/x\ny", "-1\n\n"])
def test_a_broken_pid_file_is_only_removed(tmp_path: Path, text: str) -> None:
    (tmp_path / "broken.pid").write_text(text)
    assert end_stale(tmp_path) == []
    assert list(tmp_path.iterdir()) == []
