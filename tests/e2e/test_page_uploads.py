"""A big file goes on where it broke off: by itself, and after a reload once the person gives it again."""

import hashlib
import json
import os
import re
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Route, expect

from tests.cutting import Cutter, cutting
from tests.e2e.axe import violations
from tests.e2e.visitor import JOB_MS, WAIT_MS, Visit, Visitor, unique
from tests.ground import wait_until
from tests.stack import Stack, free_place, running_stack

SIZE = 20_000_000
BIG = 9_000_000  # enough to be sent resumably
CUT = 8_000_000  # of all that browsers send, requests and their headers too
KEPT = "localStorage.getItem('stagecast.uploads')"


@pytest.fixture(scope="module")
def behind(rabbitmq: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Stack, str, Cutter, Path]]:
    """A stack, and the page behind a line that swallows all after its first megabytes, until that browser is gone."""
    place = free_place(tmp_path_factory.mktemp("stack"))
    with (
        cutting("127.0.0.1", place.gateway, [CUT], swallows=True) as (url, cutter),
        running_stack(place, STAGECAST_NOTIFIER_ALLOWED_ORIGINS=f"{url},http://localhost:{place.gateway}") as stack,
    ):
        yield stack, url, cutter, place.folder


@pytest.fixture(scope="module")
def stack(behind: tuple[Stack, str, Cutter, Path]) -> Stack:
    return behind[0]


def random_file(folder: Path, size: int) -> Path:
    file = folder / unique("大 big.bin")
    file.write_bytes(os.urandom(size))
    return file


def give(person: Visitor, file: Path) -> None:
    person.page.get_by_label("Choose files").set_input_files(file)


def reload(person: Visitor) -> None:
    person.page.once("dialog", lambda dialog: dialog.accept())  # "leave this page?"
    person.page.reload()
    person.expect_connection("live")


def begun_and_reloaded(visit: Visit, file: Path, **look: str | bool) -> Visitor:
    """An upload of which no byte came before the reload."""
    person = visit(**look)
    person.page.route("**/files/*", lambda route: None if route.request.method == "PATCH" else route.continue_())
    with person.page.expect_request(lambda request: request.method == "PATCH"):
        person.page.locator("#file").set_input_files(file)
    reload(person)
    person.page.unroute("**/files/*")
    return person


def unfinished(person: Visitor, file: Path) -> str:
    """What is said of it."""
    card = person.page.locator("[data-unfinished]").filter(has_text=file.name)
    expect(card).to_be_visible(timeout=WAIT_MS)
    return card.inner_text()


def acknowledged(person: Visitor) -> int:
    """How many bytes of the one upload that the page keeps the gateway has."""
    (upload,) = json.loads(person.page.evaluate(KEPT))
    return int(httpx.head(upload["url"], headers={"Tus-Resumable": "1.0.0"}).headers["upload-offset"])


def test_an_upload_goes_on_after_a_reload_in_its_middle(
    behind: tuple[Stack, str, Cutter, Path], visit: Visit, tmp_path: Path
) -> None:
    stack, url, cutter, folder = behind
    person, file = visit(url=url), random_file(tmp_path, SIZE)
    digest = hashlib.sha256(file.read_bytes()).hexdigest()
    give(person, file)
    wait_until(lambda: cutter.cuts == 1, WAIT_MS / 1_000, what="the line to be cut")
    reload(person)
    assert "choose this file again to go on at" in unfinished(person, file)
    wait_until(lambda: acknowledged(person) > 0, WAIT_MS / 1_000, what="the gateway to note what came")
    reload(person)  # the first may have been faster than that
    card = person.page.locator("[data-unfinished]").filter(has_text=file.name)
    expect(card).to_contain_text(re.compile(r"go on at (39|40) %"), timeout=WAIT_MS)
    with person.page.expect_file_chooser() as chooser:
        card.get_by_role("button", name="Choose again").click()
    chooser.value.set_files(file)
    person.expect_completed(file.name)
    expect(card).to_have_count(0)
    assert person.page.evaluate(KEPT) == "[]"
    assert cutter.sent < 1.3 * SIZE
    (job,) = [each["job"] for each in httpx.get(f"{stack.notifier_url}/jobs").json()["jobs"]]
    assert (job["name"], job["sha256"]) == (file.name, digest)
    stored = [path for path in folder.rglob("*") if path.is_file() and path.stat().st_size == SIZE]
    assert [hashlib.sha256(path.read_bytes()).hexdigest() for path in stored] == [digest]


def test_the_same_file_dropped_goes_on_too(visit: Visit, tmp_path: Path) -> None:
    file = random_file(tmp_path, BIG)
    person = begun_and_reloaded(visit, file)
    assert "not finished" in unfinished(person, file)
    modified = int(file.stat().st_mtime * 1_000)
    with person.page.expect_request(lambda request: request.method == "PATCH") as adding:
        person.page.evaluate(
            """([name, size, lastModified]) => {
              const dataTransfer = new DataTransfer();
              dataTransfer.items.add(new File([new Uint8Array(size)], name, { lastModified }));
              dispatchEvent(new DragEvent("drop", { dataTransfer, cancelable: true }));
            }""",
            [file.name, BIG, modified],
        )
    assert adding.value.headers["upload-offset"] == "0"
    expect(person.job(file.name)).to_be_visible(timeout=JOB_MS)
    assert person.page.evaluate(KEPT) == "[]"


def test_another_file_of_the_same_name_is_a_new_upload(visit: Visit, tmp_path: Path) -> None:
    file = random_file(tmp_path, BIG)
    person = begun_and_reloaded(visit, file)
    unfinished(person, file)
    os.utime(file, (1_000, 1_000))
    with person.page.expect_request(lambda request: request.method == "POST" and request.url.endswith("/files")):
        give(person, file)
    expect(person.job(file.name)).to_be_visible(timeout=JOB_MS)
    unfinished(person, file)


def test_an_unfinished_upload_can_be_removed(visit: Visit, tmp_path: Path) -> None:
    file = random_file(tmp_path, BIG)
    person = begun_and_reloaded(visit, file)
    unfinished(person, file)
    card = person.page.locator("[data-unfinished]")
    with person.page.expect_response(lambda answer: answer.request.method == "DELETE") as removed:
        card.get_by_role("button", name="Remove").click()
    assert removed.value.status == 204
    expect(card).to_have_count(0)
    expect(person.page.get_by_label("Choose files")).to_be_focused()


def test_a_cancelled_upload_leaves_nothing(visit: Visit, tmp_path: Path) -> None:
    person, file = visit(), random_file(tmp_path, BIG)
    person.page.route("**/files/*", lambda route: None if route.request.method == "PATCH" else route.continue_())
    with person.page.expect_request(lambda request: request.method == "PATCH"):
        give(person, file)
    with person.page.expect_response(lambda answer: answer.request.method == "DELETE") as removed:
        person.upload(file.name).get_by_role("button", name="Cancel").click()
    assert removed.value.status == 204
    assert person.page.evaluate(KEPT) == "[]"
    expect(person.page.locator("#uploads-section")).to_be_hidden()


def test_an_upload_that_another_tab_sends_is_not_unfinished(visit: Visit, tmp_path: Path) -> None:
    person, file = visit(), random_file(tmp_path, BIG)
    person.page.route("**/files/*", lambda _: None)
    with person.page.expect_request(lambda request: request.method == "PATCH"):
        give(person, file)
    other = person.context.new_page()
    other.goto(person.page.url)
    expect(other.locator("body")).to_have_attribute("data-connection", "live", timeout=WAIT_MS)
    other.evaluate("async () => { await (await import('/web/claim.js')).claimed(); }")  # after the page's own question
    other.evaluate("new Promise(requestAnimationFrame)")  # and it has drawn
    assert other.evaluate(KEPT) != "[]"
    expect(other.locator("[data-unfinished]")).to_have_count(0)


@pytest.mark.parametrize("locale", ["en", "zh-CN"])
def test_axe_finds_nothing_in_an_unfinished_upload(visit: Visit, tmp_path: Path, locale: str) -> None:
    file = random_file(tmp_path, BIG)
    person = begun_and_reloaded(visit, file, locale=locale, bypass_csp=True)
    said = unfinished(person, file)
    assert ("not finished" if locale == "en" else "未完成") in said
    assert violations(person.page) == []


def test_a_broken_line_is_tried_again(visit: Visit, tmp_path: Path) -> None:
    person, file = visit(), random_file(tmp_path, BIG)
    broken: list[str] = []

    def break_once(route: Route) -> None:
        if route.request.method != "PATCH" or broken:
            route.continue_()
            return
        broken.append(route.request.url)
        route.abort()

    person.page.route("**/files/*", break_once)
    give(person, file)
    expect(person.job(file.name)).to_be_visible(timeout=JOB_MS)
    assert len(broken) == 1


def test_a_gateway_without_resumable_uploads_gets_it_whole(visit: Visit, tmp_path: Path) -> None:
    person, file = visit(), random_file(tmp_path, BIG)
    person.page.route("**/files", lambda route: route.fulfill(status=405))
    with person.page.expect_request("**/upload"):
        give(person, file)
    expect(person.job(file.name)).to_be_visible(timeout=JOB_MS)
