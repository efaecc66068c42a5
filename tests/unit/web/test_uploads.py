"""What the page decides about its uploads: what it keeps of them, how it names them, when it tries again."""

import base64
import json

import pytest

from tests.unit.web.page_code import PageCode, Wire


def kept(number: int, *, share: float = 0) -> Wire:
    url = f"https://a.example/files/{number}"
    return {"url": url, "name": "a", "size": 9, "lastModified": 1, "pipeline": "", "share": share}


def test_the_oldest_goes_when_there_are_too_many(page: PageCode) -> None:
    all_: list[Wire] = []
    for number in range(25):
        all_ = page.call("kept", "withKept", all_, kept(number))
    assert all_ == [kept(number) for number in range(5, 25)]


def test_what_is_kept_again_stays_in_its_place(page: PageCode) -> None:
    assert page.call("kept", "withKept", [kept(1), kept(2)], kept(1, share=0.4)) == [kept(1, share=0.4), kept(2)]


@pytest.mark.parametrize("text", [None, "", "no JSON", "{}", "null", "[1, null, {}]"])
def test_what_cannot_be_read_is_nothing(page: PageCode, text: str | None) -> None:
    assert page.call("kept", "readKept", text) == []


def test_what_was_written_is_read(page: PageCode) -> None:
    assert page.call("kept", "readKept", json.dumps([kept(1)])) == [kept(1)]


@pytest.mark.parametrize(
    ("change", "is_same"), [({}, True), ({"name": "b"}, False), ({"size": 8}, False), ({"lastModified": 2}, False)]
)
def test_which_file_it_is(page: PageCode, change: Wire, is_same: bool) -> None:
    assert page.call("kept", "isSameFile", kept(1), {**kept(1), **change}) is is_same


def test_metadata_take_any_name(page: PageCode) -> None:
    name, pipeline = (base64.b64encode(text.encode()).decode() for text in ("大, ü.csv", "inspect"))
    assert page.call("tus", "metadata", "大, ü.csv", "inspect") == f"filename {name},pipeline {pipeline}"
    assert page.call("tus", "metadata", "大, ü.csv") == f"filename {name}"


@pytest.mark.parametrize(("tries", "least", "most"), [(1, 500, 1_000), (3, 2_000, 4_000), (9, 8_000, 16_000)])
def test_tries_grow_apart_up_to_a_bound(page: PageCode, tries: int, least: int, most: int) -> None:
    assert page.call("tries", "delay", tries, 0, 0) == least
    assert page.call("tries", "delay", tries, 0, 1) == most


def test_the_server_may_ask_for_more_time(page: PageCode) -> None:
    assert page.call("tries", "delay", 1, 7, 0) == 7_000
