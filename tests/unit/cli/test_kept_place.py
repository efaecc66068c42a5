import os
from pathlib import Path

import pytest

from cli.kept_place import MOST, KeptPlace, forget_oldest, kept_place
from client import Upload

GATEWAY = "http://localhost:8000"
URL = f"{GATEWAY}/files/0d8f4f6e"


@pytest.fixture
def upload(tmp_path: Path) -> Upload:
    path = tmp_path / "film.mov"
    path.write_bytes(b"abc")
    return Upload(path)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "state" / "uploads"


def keep(folder: Path, upload: Upload) -> Path:
    """As a call of `send` that is broken off."""
    with kept_place(folder, GATEWAY, upload) as place:
        assert (place.url, place.is_kept) == (None, False)
        place.keep(URL)
        assert place.is_kept
    return place.path


def test_the_next_call_goes_on_and_nothing_is_left_at_the_end(folder: Path, upload: Upload) -> None:
    path = keep(folder, upload)
    assert path.stat().st_mode & 0o777 == 0o600
    with kept_place(folder, GATEWAY, upload) as place:
        assert place.url == URL
        place.forget()
        assert place.url is None
    assert list(folder.iterdir()) == []


def test_another_file_gateway_or_pipeline_is_another_upload(folder: Path, upload: Upload) -> None:
    keep(folder, upload)
    others = [(GATEWAY, Upload(upload.path, "words")), ("http://elsewhere", upload)]
    for gateway, other in others:
        with kept_place(folder, gateway, other) as place:
            assert place.url is None
    os.utime(upload.path, ns=(0, 0))
    with kept_place(folder, GATEWAY, upload) as place:
        assert place.url is None


def test_of_two_at_once_each_has_its_own(folder: Path, upload: Upload) -> None:
    path = keep(folder, upload)
    with kept_place(folder, GATEWAY, upload) as first, kept_place(folder, GATEWAY, upload) as second:
        assert (first.url, second.url) == (URL, None)
        second.keep(f"{URL}-second")
        assert not second.is_kept
        second.forget()
        assert path.read_text() == URL


@pytest.mark.parametrize("content", [b"", b"\xff", b"http://elsewhere/files/1"])
def test_a_spoilt_file_is_begun_anew(folder: Path, upload: Upload, content: bytes) -> None:
    keep(folder, upload).write_bytes(content)
    keep(folder, upload)


def test_a_folder_that_cannot_be_written_costs_going_on_and_nothing_else(tmp_path: Path, upload: Upload) -> None:
    (tmp_path / "state").write_text("a file where a folder would be")
    with kept_place(tmp_path / "state" / "uploads", GATEWAY, upload) as place:
        place.keep(URL)
        assert (place.url, place.is_kept) == (URL, False)
        place.forget()


def test_the_oldest_are_forgotten(folder: Path) -> None:
    folder.mkdir(parents=True)
    for number in range(MOST + 2):
        place = KeptPlace(folder / str(number), GATEWAY)
        place.path.write_text(URL)
        os.utime(place.path, ns=(0, number))
    forget_oldest(folder)
    assert {path.name for path in folder.iterdir()} == {str(number) for number in range(2, MOST + 2)}
