"""The page for everyone: any eyes, any hands, any screen, two languages; and calm while much happens."""

import re
import sys
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, expect

from tests.e2e.axe import violations
from tests.e2e.telling import Teller, ToldJob, teller
from tests.e2e.visitor import JOB_MS, WAIT_MS, Visit, Visitor, text_file, unique
from tests.ground import wait_until
from tests.stack import Stack, free_place, running_stack

PARTS = ("read", "sort", "write")
CROWD = 50
BEATS = 50  # each tells of every job

SHIFTS = """
window.shifts = [];
window.frames_ms = [];
window.said = [];
new PerformanceObserver((list) => list.getEntries().forEach(({ value, sources }) =>
  shifts.push([value, ...sources.map(({ node }) => node?.outerHTML?.slice(0, 80))]))).observe({ type: "layout-shift" });
let last = performance.now();
const measure = (now) => { frames_ms.push(now - last); last = now; requestAnimationFrame(measure); };
requestAnimationFrame(measure);
const announcer = document.getElementById("announcer");
new MutationObserver(() => said.push(announcer.textContent))
  .observe(announcer, { childList: true, characterData: true, subtree: true });
"""
NOTIFICATIONS = """
window.notified = [];
window.Notification = class extends Notification {
  constructor(title, options) { super(title, options); notified.push([title, options.tag]); }
};
Object.defineProperty(document, "hidden", { get: () => window.isAway ?? false });
"""


@pytest.fixture(scope="module")
def stack(rabbitmq: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    with running_stack(free_place(tmp_path_factory.mktemp("stack"))) as running:
        yield running


@pytest.fixture(scope="module")
def told(stack: Stack) -> Iterator[Teller]:
    with teller(stack.broker_url) as somebody:
        yield somebody


@pytest.fixture(scope="module")
def jobs(stack: Stack, told: Teller, browser: Browser) -> dict[str, str]:
    """A job in every state; the completed one is real, with its files and its report."""
    running, failed, cancelled, queued, retrying = (
        ToldJob(told, unique(f"{word}.txt")) for word in ("running", "failed", "cancelled", "queued", "retrying")
    )
    queued.tell("job.queued")
    for job in (running, failed, cancelled, retrying):
        job.start(*PARTS)
    running.tell("stage.progressed", stage=running.stage(PARTS, 0), overall=0.2, progress=0.6, message="6 of 10")
    failed.tell("stage.failed", stage=failed.stage(PARTS, 0), overall=0, seconds=1, reason="no <luck>")
    failed.tell("job.failed", reason="no <luck>")
    cancelled.tell("job.cancelled")
    retrying.tell("job.retrying", reason="no luck yet", retry_at="2126-11-24T00:00:00Z")
    context = browser.new_context()
    person, completed = Visitor(context), unique("completed.csv")
    person.open(stack.page_url)
    person.choose(text_file(completed, "city,people\nUlm,126000\nBonn,331000\n"))
    person.expect_completed(completed)
    context.close()
    return {"running": running.name, "failed": failed.name, "completed": completed}


LOOKS: list[dict[str, Any]] = [
    {"color_scheme": "light"},
    {"color_scheme": "dark"},
    {"color_scheme": "light", "viewport": {"width": 320, "height": 800}},
    {"color_scheme": "dark", "locale": "zh-CN"},
]


@pytest.mark.parametrize("look", LOOKS, ids=["light", "dark", "narrow", "Chinese"])
def test_axe_finds_nothing(visit: Visit, jobs: dict[str, str], look: dict[str, Any]) -> None:
    person = visit(bypass_csp=True, **look)  # to let axe in
    expect(person.job(jobs["completed"])).to_be_visible(timeout=WAIT_MS)
    assert violations(person.page) == [], "in the list"
    for state in ("running", "failed", "completed"):
        job = person.open_job(jobs[state])
        expect(job.locator("[data-stage]").first).to_be_visible()
        if state == "completed":
            job.locator("button[aria-expanded]").first.click()
            expect(job.locator("pre")).to_be_visible()
        assert violations(person.page) == [], f"in the view of one that is {state}"
        person.page.go_back()
    person.page.locator("#search").fill("no such name")
    expect(person.page.locator("#no-match")).to_be_visible()
    assert violations(person.page) == [], "where nothing matches"


def test_axe_would_find_something(visit: Visit, jobs: dict[str, str]) -> None:
    person = visit(bypass_csp=True)
    expect(person.job(jobs["completed"])).to_be_visible(timeout=WAIT_MS)
    person.page.evaluate("document.querySelector('#search').removeAttribute('aria-label')")
    person.page.evaluate("document.querySelector('#search').removeAttribute('placeholder')")
    assert [each.split(":")[0] for each in violations(person.page)] == ["label"]


def test_nothing_shifts_while_fifty_jobs_tell_ten_times_a_second(visit: Visit, told: Teller) -> None:
    crowd = [ToldJob(told, unique(f"crowd {number}.txt")) for number in range(CROWD)]
    for job in crowd:
        job.start(*PARTS)
    person = visit(viewport={"width": 1280, "height": 900})
    expect(person.job(crowd[-1].name)).to_be_visible(timeout=WAIT_MS)
    person.page.evaluate(SHIFTS)
    for beat in range(1, BEATS + 1):
        share = beat / BEATS
        at = {"stage": crowd[0].stage(PARTS, 0), "overall": share / 3, "progress": share}
        told.tell(*(job.event("stage.progressed", **at, message=f"{beat * 7919} rows of many") for job in crowd))
        person.page.wait_for_timeout(100)  # the pace, not a wait for anything
    expect(person.job(crowd[-1].name).get_by_role("progressbar")).to_have_attribute(
        "aria-valuenow", "33", timeout=WAIT_MS
    )
    frames = sorted(person.page.evaluate("frames_ms"))
    median, slow = frames[len(frames) // 2], frames[len(frames) * 99 // 100]
    sys.stdout.write(f"frames: median {median:.0f} ms, of a hundred 99 within {slow:.0f} ms\n")
    assert person.page.evaluate("shifts") == []
    assert person.page.evaluate("said") == []  # progress is not announced
    for job in crowd:
        job.complete(PARTS, seconds=5)
    expect(person.job(crowd[-1].name)).to_have_attribute("data-state", "completed", timeout=WAIT_MS)
    expect(person.page.get_by_role("status")).to_contain_text("jobs changed.", timeout=WAIT_MS)
    assert person.page.evaluate("shifts") == []
    assert len(person.page.evaluate("said")) < 10  # of fifty ends


def test_a_measured_shift_would_be_seen(visit: Visit, jobs: dict[str, str]) -> None:
    person = visit()
    expect(person.job(jobs["running"])).to_be_visible(timeout=WAIT_MS)
    person.page.evaluate(SHIFTS)
    person.page.evaluate("document.querySelector('.jobs-heading').style.paddingTop = '50px'")
    wait_until(lambda: person.page.evaluate("shifts.length") > 0, WAIT_MS / 1_000, what="the shift")


def test_the_view_of_a_job_does_not_shift_either(visit: Visit, told: Teller) -> None:
    person, job = visit(), ToldJob(told, unique("calm.txt"))
    job.start(*PARTS)
    shown = person.open_job(job.name)
    person.page.wait_for_timeout(600)  # what follows a click counts for nobody
    person.page.evaluate(SHIFTS)
    for beat in range(1, 21):
        progress = {"progress": beat / 20, "overall": beat / 60, "message": "word " * beat}
        job.tell("stage.progressed", stage=job.stage(PARTS, 0), **progress)
    job.tell("stage.completed", stage=job.stage(PARTS, 0), overall=1 / 3, seconds=3)
    job.tell("stage.started", stage=job.stage(PARTS, 1), overall=1 / 3)
    expect(shown.locator('[data-stage="sort"]')).to_have_attribute("data-state", "running", timeout=WAIT_MS)
    assert person.page.evaluate("shifts") == []


def test_who_wants_no_motion_gets_none(visit: Visit, jobs: dict[str, str]) -> None:
    for motion, moves in (("no-preference", True), ("reduce", False)):
        person = visit(reduced_motion=motion)
        person.open_job(jobs["running"])
        expect(person.job(jobs["running"]).locator('[data-state="running"]').first).to_be_visible()
        assert (person.page.evaluate("document.getAnimations().length") > 0) is moves


def test_the_page_speaks_the_readers_language_and_can_be_told_another(visit: Visit) -> None:
    person = visit(locale="zh-CN")
    expect(person.page.get_by_role("heading", name="任务", exact=True)).to_be_visible()
    expect(person.page.locator("#connection")).to_have_text("实时")
    assert person.page.evaluate("document.documentElement.lang") == "zh-Hans"
    person.page.get_by_role("button", name="English").click()
    expect(person.page.get_by_role("heading", name="Jobs", exact=True)).to_be_visible()
    expect(person.page.locator("#connection")).to_have_text("Live")
    person.page.reload()
    expect(person.page.get_by_role("heading", name="Jobs", exact=True)).to_be_visible()
    assert person.page.evaluate("document.documentElement.lang") == "en"


def test_a_job_is_told_in_the_other_language_at_once(visit: Visit, jobs: dict[str, str]) -> None:
    person = visit()
    person.open_job(jobs["completed"])
    person.page.get_by_role("button", name="中文").click()
    shown = person.job(jobs["completed"])
    expect(shown).to_contain_text("所有阶段均已完成。")
    expect(shown.get_by_role("link", name="打开报告")).to_be_visible()
    expect(shown).not_to_contain_text("done")


def test_on_paper_there_is_nothing_to_press(visit: Visit, jobs: dict[str, str]) -> None:
    person = visit()
    person.page.emulate_media(media="print")
    expect(person.job(jobs["failed"])).to_be_visible(timeout=WAIT_MS)
    shown = "[...document.querySelectorAll('button, .button, input, select')].filter((node) => node.checkVisibility())"
    assert person.page.evaluate(f"{shown}.length") == 0
    person.page.evaluate("(name) => document.querySelector(`[title='${name}'] a`).click()", jobs["completed"])
    expect(person.job(jobs["completed"]).locator("[data-stage]").first).to_be_visible()
    assert person.page.evaluate(f"{shown}.length") == 0


@pytest.mark.parametrize("width", [320, 768, 1280, 3840])
def test_no_screen_scrolls_sideways(visit: Visit, jobs: dict[str, str], width: int) -> None:
    person = visit(viewport={"width": width, "height": 900})
    expect(person.job(jobs["failed"])).to_be_visible(timeout=WAIT_MS)
    assert person.page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    person.open_job(jobs["completed"])
    assert person.page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_what_can_be_pressed_is_large_enough(visit: Visit, jobs: dict[str, str]) -> None:
    """WCAG 2.2, 2.5.8: 24 by 24 pixels, links in a line of text apart."""
    person = visit(viewport={"width": 320, "height": 800})
    person.open_job(jobs["completed"])
    sizes = person.page.evaluate(
        "[...document.querySelectorAll('button, .button, select, input')].map((node) => node.getBoundingClientRect())"
        ".filter(({ width }) => width > 1).map(({ width, height }) => Math.min(width, height))"
    )
    assert sizes
    assert min(sizes) >= 24


def test_the_tab_shows_how_far_the_work_is(visit: Visit, told: Teller) -> None:
    person, job = visit(), ToldJob(told, unique("tab.txt"))
    job.start(*PARTS)
    expect(person.page).to_have_title(re.compile(r"^\d+ % · \d+ running · Stagecast$"), timeout=WAIT_MS)
    icon, title = person.page.locator("#icon").get_attribute("href"), person.page.title()
    assert icon is not None
    job.tell("stage.progressed", stage=job.stage(PARTS, 0), overall=0.99, progress=0.99, message="")
    expect(person.page).not_to_have_title(title, timeout=WAIT_MS)
    expect(person.page.locator("#icon")).not_to_have_attribute("href", icon)
    assert icon.startswith("data:image/svg+xml,")


def test_who_asked_for_it_is_notified_when_a_job_of_theirs_ends_unseen(visit: Visit, stack: Stack) -> None:
    person, seen, unseen = visit(script=NOTIFICATIONS), unique("seen.txt"), unique("unseen.txt")
    person.context.grant_permissions(["notifications"])
    person.page.get_by_role("button", name="Notify me when a job ends").click()
    expect(person.page.get_by_role("button", name="Notifications are on")).to_have_attribute("aria-pressed", "true")
    person.choose(text_file(seen))
    person.expect_completed(seen)
    assert person.page.evaluate("notified") == []
    person.page.evaluate("window.isAway = true")
    person.choose(text_file(unseen))
    wait_until(lambda: person.page.evaluate("notified.length") == 1, JOB_MS / 1_000, what="the notification")
    assert person.page.evaluate("notified[0][0]") == f"Completed: {unseen}."


def test_who_did_not_ask_is_left_alone(visit: Visit) -> None:
    person, name = visit(script=NOTIFICATIONS), unique("unseen.txt")
    person.context.grant_permissions(["notifications"])
    person.page.evaluate("window.isAway = true")
    person.choose(text_file(name))
    person.expect_completed(name)
    assert person.page.evaluate("notified") == []
