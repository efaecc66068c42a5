"""What the page makes of jobs before it draws them: which are shown, where they wait, how long they still take."""

from typing import Any

import pytest

from tests.unit.web.page_code import PageCode, Wire

NOW = 1_000_000
ALL = {"mine": False, "state": "", "search": ""}


def job(name: str = "a.csv", state: str = "running", **more: Any) -> Wire:
    return {"id": "1", "name": name, "pipeline": "inspect", "size": 1_000, "state": state, **more}


def stage(name: str, state: str = "completed", **more: Any) -> Wire:
    return {"name": name, "state": state, "progress": 1 if state == "completed" else 0, **more}


@pytest.mark.parametrize(
    ("filter", "shown"),
    [
        ({}, True),
        ({"mine": True}, False),
        ({"state": "active"}, True),
        ({"state": "running"}, True),
        ({"state": "failed"}, False),
        ({"search": "UMSÄTZE"}, True),
        ({"search": "ｑ３"}, True),
        ({"search": "q4"}, False),
    ],
)
def test_which_jobs_are_shown(page: PageCode, filter: Wire, shown: bool) -> None:
    assert page.call("filter", "matches", job("Umsätze Q3.csv", owner="b"), {**ALL, **filter}, "a") is shown


def test_mine_are_those_of_my_pseudonym(page: PageCode) -> None:
    assert page.call("filter", "matches", job(owner="a"), {**ALL, "mine": True}, "a") is True


@pytest.mark.parametrize("filter", [ALL, {"mine": True, "state": "failed", "search": "a & b?"}])
def test_an_address_says_which_jobs_are_shown(page: PageCode, filter: Wire) -> None:
    address = page.call("route", "listAddress", filter)
    assert page.call("route", "readRoute", address) == {"filter": filter}


def test_an_address_names_a_job(page: PageCode) -> None:
    address = page.call("route", "jobAddress", "01a2/ü")
    assert page.call("route", "readRoute", address) == {"job": "01a2/ü", "filter": ALL}
    assert page.call("route", "readRoute", "#/jobs/%zz")["job"] == "%zz"
    assert "job" not in page.call("route", "readRoute", "#nonsense")


def test_jobs_wait_behind_those_of_their_pipeline_that_came_before(page: PageCode) -> None:
    waiting = [
        job(state="queued") | {"id": "c", "heardAt": 3},
        job(state="queued") | {"id": "a", "heardAt": 9},  # was tried again
        job(state="queued") | {"id": "b", "heardAt": 2},
        job(state="running") | {"id": "d", "heardAt": 1},
        job(state="queued") | {"id": "e", "heardAt": 4, "pipeline": "other"},
    ]
    assert page.positions(*waiting) == {"b": 0, "c": 1, "a": 2, "e": 0}


def running(*stages: Wire, size: int = 1_000) -> Wire:
    return job(size=size, heardAt=NOW, receivedAt=NOW, stages=stages)


def took(seconds: float, *, size: int = 1_000, number: int = 1) -> Wire:
    stages = [stage("read", seconds=seconds), stage("write", seconds=2 * seconds)]
    return job(state="completed", size=size) | {"id": f"other {number}", "stages": stages}


BEGUN = stage("read", "running", startedAt=NOW - 4_000), stage("write", "pending")


def test_without_experience_the_time_left_is_not_known(page: PageCode) -> None:
    assert page.left(running(*BEGUN), now=NOW) is None


def test_the_time_left_is_what_such_stages_took_before(page: PageCode) -> None:
    others = [took(10, number=1), took(90, number=2), took(8, number=3)]
    assert page.left(running(*BEGUN), *others, now=NOW) == 10 - 4 + 20


def test_large_files_say_nothing_of_small_ones(page: PageCode) -> None:
    assert page.left(running(*BEGUN, size=10**9), took(1), now=NOW) is None
    assert page.left(running(*BEGUN, size=10**9), took(8, size=5 * 10**8), now=NOW) == 8 - 4 + 16


def test_a_stage_that_takes_longer_than_usual_goes_by_its_own_pace(page: PageCode) -> None:
    slow = stage("read", "running", startedAt=NOW - 30_000) | {"progress": 0.5}
    assert page.left(running(slow, stage("write", "pending")), took(10), now=NOW) == 30 + 20
    stuck = slow | {"progress": 0.01}
    assert page.left(running(stuck, stage("write", "pending")), took(10), now=NOW) is None


@pytest.mark.parametrize(
    ("connection", "state", "words"),
    [
        ({"state": "live", "heardAt": NOW - 99_000}, "live", "Live"),
        ({"state": "reconnecting", "heardAt": NOW, "retryAt": NOW + 4_100}, "reconnecting", "Reconnecting in 5 s"),
        ({"state": "reconnecting", "heardAt": NOW}, "reconnecting", "Reconnecting"),
        ({"state": "restarting", "heardAt": NOW, "retryAt": NOW + 900}, "restarting", "Server restarts, 1 s"),
        ({"state": "reconnecting", "heardAt": NOW - 99_000}, "stale", "Stale: 1 min 39 s without word"),
        ({"state": "connecting"}, "connecting", "Connecting"),
        ({"state": "ended", "heardAt": NOW - 99_000}, "ended", "Finished"),
        ({"state": "expired", "heardAt": NOW - 99_000}, "expired", "Signed out"),
    ],
)
def test_the_connection_in_words(page: PageCode, connection: Wire, state: str, words: str) -> None:
    assert page.call("connection", "shownState", connection, NOW) == state
    assert page.call("connection", "connectionWords", connection, NOW) == words


def test_a_table_of_text(page: PageCode) -> None:
    text = '\ufeffcity,"says, ""hi"""\r\nUlm,"two\nlines"\r\n\r\n<b>,\n'
    table = page.call("table", "readDelimited", text, ",")
    assert table == {"head": ["city", 'says, "hi"'], "rows": [["Ulm", "two\nlines"], ["<b>", ""]], "isCut": False}


def test_a_long_table_is_cut(page: PageCode) -> None:
    text = "\n".join(",".join(["x"] * 30) for _ in range(500))
    table = page.call("table", "readDelimited", text, ",")
    assert (len(table["head"]), len(table["rows"]), table["isCut"]) == (20, 100, True)


def test_a_table_of_records(page: PageCode) -> None:
    table = page.call("table", "readRecords", '[{"a": 1, "b": null}, {"c": "<b>"}]')
    assert table == {"head": ["a", "b", "c"], "rows": [["1", "", ""], ["", "", "<b>"]], "isCut": False}
    for other in ("[]", '[{"a": []}]', '{"a": 1}', "[1]", "no JSON"):
        assert page.call("table", "readRecords", other) is None
