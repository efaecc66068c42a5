"""A file's line while it is sent, and after."""

import io
from collections.abc import Callable
from pathlib import Path

import pytest
from rich.console import Console

from cli.upload_bars import Bar, Bars, progress_on

SIZE = 300_000


@pytest.fixture
def film(tmp_path: Path) -> Path:
    path = tmp_path / "a film of last summer.mov"
    path.write_bytes(bytes(SIZE))
    return path


def drawn(film: Path, width: int, *steps: Callable[[Bar], None]) -> str:
    console = Console(file=io.StringIO(), width=width, force_terminal=True, color_system=None)
    progress = progress_on(console)
    bar = Bars(progress).begin(film)
    for step in steps:
        step(bar)
    with console.capture() as captured:
        console.print(progress.make_tasks_table(progress.tasks))
    [line] = captured.get().splitlines()
    return line.rstrip()


@pytest.mark.parametrize("width", [60, 80, 120])
def test_a_line_says_how_far_it_is_and_keeps_the_name(film: Path, width: int) -> None:
    line = drawn(film, width, lambda bar: bar.sent(SIZE // 2))
    assert len(line) <= width
    assert "50 %" in line
    assert line.startswith("a film of")
    assert ("of 300 kB" in line) == (width >= 80)


@pytest.mark.parametrize("width", [60, 120])
def test_an_accepted_file_has_neither_speed_nor_time_left(film: Path, width: int) -> None:
    line = drawn(film, width, lambda bar: bar.sent(SIZE), Bar.accepted)
    assert line.startswith("a film of")
    assert line.endswith("━ 300 kB, accepted")


def test_a_file_without_a_byte_is_whole(film: Path) -> None:
    film.write_bytes(b"")
    assert "100 %" in drawn(film, 80)


def test_a_refused_one_says_so(film: Path) -> None:
    assert drawn(film, 60, lambda bar: bar.failed("too big")).endswith("not sent")
