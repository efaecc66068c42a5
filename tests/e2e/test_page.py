"""The page, in a real browser, against the real services."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any
from uuid import uuid4

import pytest
from playwright.sync_api import Browser, BrowserContext, FilePayload, Locator, Page, Route, expect

from tests.stack import Stack

STAGES = ("checksum", "identify", "analyse", "compress", "report")
JOB_MS = 90_000  # a job's five processes start on a machine that is busy with other tests
WAIT_MS = 20_000  # all that is not a job


class Visitor:
    """A person with the page open, in a browser profile of their own."""

    def __init__(self, context: BrowserContext) -> None:
        self.context = context
        self.page: Page = context.new_page()
        self.complaints: list[str] = []  # what the browser's console holds against the page, CSP violations included
        self.page.on("console", lambda line: self.complaints.append(line.text) if line.type == "error" else None)
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))

    def open(self, url: str) -> None:
        self.page.goto(url)
        self.expect_connection("live")

    def expect_connection(self, connection: str) -> None:
        expect(self.page.locator("body")).to_have_attribute("data-connection", connection, timeout=WAIT_MS)

    def choose(self, *files: FilePayload) -> None:
        self.page.get_by_label("Choose files").set_input_files(list(files))

    def job(self, name: str) -> Locator:
        heading = self.page.get_by_role("heading", name=name, exact=True)
        return self.page.locator("[data-job]").filter(has=heading)

    def upload(self, name: str) -> Locator:
        return self.page.locator("[data-upload]").filter(has_text=name)

    def expect_completed(self, name: str) -> None:
        job = self.job(name)
        expect(job).to_have_attribute("data-state", "completed", timeout=JOB_MS)
        expect(job.locator("[data-stage]")).to_have_count(len(STAGES))
        for stage in STAGES:
            expect(job.locator(f'[data-stage="{stage}"]')).to_have_attribute("data-state", "completed")


Visit = Callable[..., Visitor]


@pytest.fixture
def visit(browser: Browser, stack: Stack) -> Iterator[Visit]:
    """Another person opens the page; all leave when the test ends."""
    with ExitStack() as leave:

        def arrive(**options: Any) -> Visitor:
            context = browser.new_context(**options)
            leave.callback(context.close)
            visitor = Visitor(context)
            visitor.open(stack.page_url)
            return visitor

        yield arrive


def text_file(name: str, text: str = "Some words.\n") -> FilePayload:
    return {"name": name, "mimeType": "text/plain", "buffer": text.encode()}


def unique(name: str) -> str:
    """A file name that no other test has used: all of them share the services."""
    return f"{uuid4().hex[:8]} {name}"


def test_two_people_see_every_stage_of_both_jobs(visit: Visit) -> None:
    sender, watcher = visit(), visit()
    table, odd = unique("Umsätze 报告.csv"), unique("<img src=x onerror=alert(1)>.txt")
    sender.choose(text_file(table, "city,people\nUlm,126000\nBonn,331000\n"), text_file(odd))
    for person in (sender, watcher):
        for name in (table, odd):
            person.expect_completed(name)
        expect(person.job(odd).locator("img")).to_have_count(0)
        assert person.complaints == []


def test_the_report_opens_in_a_new_tab(visit: Visit) -> None:
    person, name = visit(), unique("numbers.csv")
    person.choose(text_file(name, "x,y\n1,2\n3,4\n"))
    person.expect_completed(name)
    link = person.job(name).get_by_role("link", name="Open report")
    expect(link).to_have_attribute("rel", "noopener")  # what a file's report says cannot steer the page
    with person.context.expect_page() as opened:
        link.click()
    report = opened.value
    expect(report.get_by_role("heading").first).to_be_visible(timeout=WAIT_MS)
    assert report.url.endswith("/artifacts/report.html")


def test_an_artifact_can_be_downloaded(visit: Visit) -> None:
    person, name = visit(), unique("hello.txt")
    person.choose(text_file(name))
    person.expect_completed(name)
    link = person.job(name).locator("a[download]").first
    with person.page.expect_download(timeout=WAIT_MS) as started:
        link.click()
    assert started.value.suggested_filename == link.get_attribute("download")
    assert started.value.path().stat().st_size > 0


def test_an_upload_without_network_fails_and_can_be_tried_again(visit: Visit) -> None:
    person, name = visit(), unique("later.txt")
    person.context.set_offline(True)
    person.choose(text_file(name))
    card = person.upload(name)
    expect(card).to_have_attribute("data-state", "failed", timeout=WAIT_MS)
    expect(card).to_contain_text("The connection to the server broke.")
    person.context.set_offline(False)
    person.expect_connection("live")
    card.get_by_role("button", name="Try again").click()
    expect(card).to_have_count(0, timeout=WAIT_MS)
    person.expect_completed(name)


def test_a_refusal_is_shown_in_the_gateways_words(visit: Visit) -> None:
    person, name = visit(), unique("refused.txt")

    def refuse(route: Route) -> None:
        problem = {"type": "about:blank", "title": "Not ready", "status": 503, "detail": "The <broker> is away."}
        route.fulfill(status=503, json=problem, headers={"Retry-After": "7"}, content_type="application/problem+json")

    person.page.route("**/upload", refuse)
    person.choose(text_file(name))
    expect(person.upload(name)).to_contain_text("The <broker> is away. Try again in 7 s.", timeout=WAIT_MS)
    expect(person.page.get_by_role("status")).to_contain_text(f"Not uploaded: {name}.")
    person.upload(name).get_by_role("button", name="Remove").click()
    expect(person.upload(name)).to_have_count(0)


def test_an_upload_can_be_cancelled(visit: Visit) -> None:
    person, name = visit(), unique("unwanted.txt")
    person.page.route("**/upload", lambda _: None)  # never answered
    person.choose(text_file(name))
    expect(person.upload(name)).to_have_attribute("data-state", "sending", timeout=WAIT_MS)
    with person.page.expect_event("requestfailed"):
        person.upload(name).get_by_role("button", name="Cancel").click()
    expect(person.upload(name)).to_have_count(0)


def test_the_keyboard_is_enough(visit: Visit) -> None:
    person, name = visit(), unique("typed.txt")
    keyboard = person.page.keyboard
    # Asked for well before the key: the browser takes a moment to hand its file choosers to the test.
    person.page.on("filechooser", lambda chooser: chooser.set_files(text_file(name)))
    keyboard.press("Tab")
    expect(person.page.get_by_label("Choose files")).to_be_focused()
    keyboard.press("Enter")
    person.expect_completed(name)
    report = person.job(name).get_by_role("link", name="Open report")
    report.focus()  # where the Tab key gets to it depends on how many jobs there are
    with person.context.expect_page() as opened:
        keyboard.press("Enter")
    expect(opened.value.get_by_role("heading").first).to_be_visible(timeout=WAIT_MS)


def test_a_file_can_be_dropped_anywhere(visit: Visit) -> None:
    person, name = visit(), unique("dropped.txt")
    files = person.page.evaluate_handle(
        "name => { const all = new DataTransfer(); all.items.add(new File(['words'], name)); return all; }", name
    )
    person.page.dispatch_event("#jobs-heading", "dragenter", {"dataTransfer": files})
    expect(person.page.get_by_text("Drop to upload")).to_be_visible()
    person.page.dispatch_event("#jobs-heading", "drop", {"dataTransfer": files})
    expect(person.page.get_by_text("Drop to upload")).to_be_hidden()
    expect(person.job(name)).to_be_visible(timeout=WAIT_MS)


def test_the_page_says_when_it_is_not_live(visit: Visit) -> None:
    person = visit()
    person.context.set_offline(True)
    person.expect_connection("reconnecting")
    expect(person.page.locator("#connection")).to_have_text("Reconnecting")
    person.context.set_offline(False)
    person.expect_connection("live")
    expect(person.page.locator("#connection")).to_have_text("Live")


def test_a_narrow_screen_does_not_scroll_sideways(visit: Visit) -> None:
    person, name = visit(viewport={"width": 320, "height": 700}), unique("l" + "o" * 120 + "ng.txt")
    person.choose(text_file(name))
    person.expect_completed(name)
    assert person.page.evaluate("document.documentElement.scrollWidth <= innerWidth")


# The reducer has no DOM, so it is asked directly: the page's own module, in the page.

FOLD = """
async ({ events, limit }) => {
  const { Jobs } = await import("/web/jobs.js");
  const jobs = new Jobs(limit);
  events.forEach((event) => jobs.apply(event, 0));
  return jobs.all();
}
"""


def job_id(number: int) -> str:
    """A UUID of version 7; a higher number is a later one."""
    return f"{number:08x}-0000-7000-8000-000000000000"


def event(type: str, *, attempt: int = 1, sequence: int, number: int = 1, **data: Any) -> dict[str, Any]:
    job = {"id": job_id(number), "name": "a.csv", "size": 1, "pipeline": "inspect"}
    fact = {"job": job, "attempt": attempt, "sequence": sequence, **data}
    return {"type": type, "time": "2026-11-23T19:30:51.576Z", "data": fact}


def at_stage(index: int, *, progress: float = 0.0) -> dict[str, Any]:
    stage = {"name": STAGES[index], "index": index, "count": len(STAGES)}
    return {"stage": stage, "overall": index / len(STAGES), "progress": progress}


def fold(visitor: Visitor, *events: dict[str, Any], limit: int = 200) -> list[dict[str, Any]]:
    jobs: list[dict[str, Any]] = visitor.page.evaluate(FOLD, {"events": list(events), "limit": limit})
    return jobs


def stage_states(job: dict[str, Any]) -> list[str]:
    return [stage["state"] for stage in job["stages"]]


def test_what_is_not_newer_changes_nothing(visit: Visit) -> None:
    newest = event("stage.progressed", attempt=2, sequence=3, **at_stage(1, progress=0.5))
    older = [
        newest,
        event("stage.progressed", attempt=2, sequence=2, **at_stage(1, progress=0.1)),
        event("job.failed", attempt=1, sequence=99, reason="long ago"),
    ]
    person = visit()
    assert fold(person, newest, *older) == fold(person, newest)


def test_a_job_joined_in_its_middle_is_shown(visit: Visit) -> None:
    (job,) = fold(visit(), event("stage.progressed", sequence=40, **at_stage(2, progress=0.5)))
    assert job["state"] == "running"
    assert stage_states(job) == ["completed", "completed", "running", "pending", "pending"]
    assert [stage.get("name") for stage in job["stages"]] == [None, None, "analyse", None, None]


def test_a_new_attempt_keeps_what_was_completed(visit: Visit) -> None:
    (job,) = fold(
        visit(),
        event("job.started", sequence=1, stages=STAGES),
        event("stage.completed", sequence=2, **at_stage(0), seconds=1.5),
        event("stage.failed", sequence=3, **at_stage(1), seconds=0.1, reason="no luck"),
        event("job.retrying", sequence=4, reason="no luck", retry_at="2026-11-23T19:31:00Z"),
        event("job.started", attempt=2, sequence=1, stages=STAGES),
    )
    assert job["state"] == "running"
    assert stage_states(job) == ["completed", "pending", "pending", "pending", "pending"]


def test_of_too_many_jobs_the_oldest_finished_go_first(visit: Visit) -> None:
    jobs = fold(
        visit(),
        event("job.queued", sequence=0, number=1),
        event("job.completed", sequence=9, number=2, seconds=1),
        event("job.completed", sequence=9, number=3, seconds=1),
        event("job.queued", sequence=0, number=4),
        limit=3,
    )
    assert [job["id"] for job in jobs] == [job_id(number) for number in (1, 3, 4)]


def test_unknown_events_are_ignored(visit: Visit) -> None:
    assert fold(visit(), event("job.praised", sequence=1)) == []
