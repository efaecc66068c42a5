"""The list and the view of one job: what they show, what can be done there, and that strangers' files harm nobody."""

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Route, expect

from tests.e2e.gated import STAGES
from tests.e2e.hostile import ATTACK
from tests.e2e.telling import Teller, ToldJob, teller
from tests.e2e.visitor import JOB_MS, WAIT_MS, Visit, Visitor, text_file, unique
from tests.stack import Stack, free_place, running_stack

PARTS = ("read", "write")
IN_TAB = "delete globalThis.SharedWorker;"  # the tab holds its stream itself, where the test can reach it


@pytest.fixture(scope="module")
def stack(rabbitmq: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    pipelines = "processor.inspection:inspect,tests.e2e.gated:gated,tests.e2e.hostile:hostile"
    with running_stack(
        free_place(tmp_path_factory.mktemp("stack")), STAGECAST_PROCESSOR_PIPELINES=pipelines
    ) as running:
        yield running


@pytest.fixture(scope="module")
def told(stack: Stack) -> Iterator[Teller]:
    with teller(stack.broker_url) as somebody:
        yield somebody


def send(stack: Stack, name: str, content: str, pipeline: str) -> str:
    """Somebody else's upload; gives the job's id."""
    answer = httpx.post(
        f"{stack.gateway_url}/upload", files={"file": (name, content.encode())}, params={"pipeline": pipeline}
    )
    job_id: str = answer.raise_for_status().json()["jobs"][0]["id"]
    return job_id


def who_hears_nothing_of(name: str, visit: Visit, stack: Stack) -> tuple[str, Visitor]:
    """A job that has completed, and somebody whose stream never comes."""
    job_id = send(stack, name, "words", "hostile")
    visit().expect_completed(name, ("make", "fail"))
    person = visit(script=IN_TAB)
    person.page.route("**/events", lambda route: route.abort())
    return job_id, person


def test_a_link_to_a_job_works_and_so_does_a_reload_in_the_middle_of_it(
    visit: Visit, stack: Stack, tmp_path: Path
) -> None:
    name = unique("gated.txt")
    job_id = send(stack, name, str(tmp_path), "gated")
    person = visit(url=f"{stack.page_url}#/jobs/{job_id}")
    first, second = (person.job(name).locator(f'[data-stage="{stage}"]') for stage in STAGES[:2])
    expect(first).to_have_attribute("data-state", "running", timeout=JOB_MS)
    expect(first).to_contain_text("looked ")
    expect(person.job(name)).to_contain_text("last heard 0 s ago")
    expect(person.page.locator(".row")).not_to_be_visible()
    (tmp_path / "first").touch()
    expect(second).to_have_attribute("data-state", "running", timeout=JOB_MS)
    person.page.reload()
    expect(second).to_have_attribute("data-state", "running", timeout=WAIT_MS)
    expect(first).to_have_attribute("data-state", "completed")
    (tmp_path / "second").touch()
    (tmp_path / "third").touch()
    person.expect_completed(name, STAGES)
    person.page.get_by_role("link", name="All jobs").click()
    expect(person.page.get_by_role("heading", name="Jobs", exact=True)).to_be_focused()
    expect(person.job(name)).to_be_visible()
    person.page.go_back()
    expect(person.page.get_by_role("heading", level=2, name=name)).to_be_visible()


def test_a_job_that_the_stream_does_not_tell_of_is_asked_for(visit: Visit, stack: Stack) -> None:
    name = unique("old.txt")
    job_id, person = who_hears_nothing_of(name, visit, stack)
    person.page.goto(f"{stack.page_url}#/jobs/{job_id}")
    person.page.reload()
    expect(person.job(name)).to_have_attribute("data-state", "completed", timeout=WAIT_MS)
    expect(person.job(name)).to_contain_text("took ")
    expect(person.job(name)).not_to_contain_text("NaN")


def test_a_job_that_could_not_be_asked_for_is_asked_for_again(visit: Visit, stack: Stack) -> None:
    name = unique("away.txt")
    job_id, person = who_hears_nothing_of(name, visit, stack)
    person.page.route(f"**/jobs/{job_id}", lambda route: route.fulfill(status=503), times=1)
    person.page.goto(f"{stack.page_url}#/jobs/{job_id}")
    person.page.reload()
    expect(person.job(name)).to_have_attribute("data-state", "completed", timeout=WAIT_MS)


def test_a_link_to_no_job_says_so(visit: Visit, stack: Stack) -> None:
    person = visit(url=f"{stack.page_url}#/jobs/01a20bbc-322f-705e-8f23-50c7105c12ff")
    expect(person.page.get_by_text("There is no such job.")).to_be_visible(timeout=WAIT_MS)


def test_a_job_can_be_cancelled_and_tried_again(visit: Visit, stack: Stack, tmp_path: Path) -> None:
    name = unique("gated.txt")
    person = visit(url=f"{stack.page_url}#/jobs/{send(stack, name, str(tmp_path), 'gated')}")
    job = person.job(name)
    expect(job).to_have_attribute("data-state", "running", timeout=JOB_MS)
    job.get_by_role("button", name="Cancel").click()
    expect(job).to_have_attribute("data-state", "cancelled", timeout=WAIT_MS)
    expect(job).to_contain_text("Cancelled before the end.")
    expect(job.get_by_role("button", name="Cancel")).to_be_hidden()
    for stage in STAGES:
        (tmp_path / stage).touch()
    job.get_by_role("button", name="Try again").click()
    expect(job).to_have_attribute("data-state", "completed", timeout=JOB_MS)
    expect(job).to_contain_text("attempt 2")
    assert person.complaints == []


def test_a_command_that_is_refused_says_why(visit: Visit, told: Teller) -> None:
    person, job = visit(), ToldJob(told, unique("told.txt"))
    job.start(*PARTS)

    def refuse(route: Route) -> None:
        problem = {"title": "No", "status": 409, "detail": "It has <ended>."}
        route.fulfill(status=409, json=problem, content_type="application/problem+json")

    person.page.route("**/cancel", refuse)
    person.open_job(job.name).get_by_role("button", name="Cancel").click()
    expect(person.page.get_by_role("alert")).to_have_text("Not done: It has <ended>.")
    expect(person.job(job.name).get_by_role("button", name="Cancel")).to_have_attribute("aria-disabled", "false")


def test_the_list_is_filtered_by_owner_state_and_name(visit: Visit, stack: Stack, told: Teller) -> None:
    person, mine = visit(), unique("mine ÄÖ.txt")
    person.choose(text_file(mine))
    person.expect_completed(mine)
    other, failed = ToldJob(told, unique("other.txt")), ToldJob(told, unique("failed.txt"))
    other.start(*PARTS)
    failed.start(*PARTS)
    failed.tell("job.failed", reason="no luck")
    expect(person.job(failed.name)).to_have_attribute("data-state", "failed", timeout=WAIT_MS)

    def expect_shown(*names: str) -> None:
        for name in (mine, other.name, failed.name):
            expect(person.job(name)).to_have_count(1 if name in names else 0)

    expect_shown(mine, other.name, failed.name)
    person.page.get_by_label("Mine only").check()
    expect_shown(mine)
    person.page.get_by_label("Mine only").uncheck()
    person.page.get_by_label("State").select_option("Failed")
    expect_shown(failed.name)
    person.page.reload()
    expect_shown(failed.name)
    person.page.get_by_label("State").select_option("Active")
    expect_shown(other.name)
    person.page.get_by_label("State").select_option("Any state")
    person.page.get_by_label("Search by name").fill(mine.upper())
    expect_shown(mine)
    person.page.get_by_label("Search by name").fill("no such name")
    expect(person.page.get_by_text("No job matches.")).to_be_visible()
    person.page.get_by_role("button", name="Show all jobs").click()
    expect_shown(mine, other.name, failed.name)


def test_waiting_jobs_know_their_place_in_the_queue(visit: Visit, told: Teller) -> None:
    person, jobs = visit(), [ToldJob(told, unique("queued.txt"), pipeline="queue") for _ in range(3)]
    for job in jobs:
        job.tell("job.queued")
    for job, words in zip(jobs, ("Waiting for a free", "1 job is before it.", "2 jobs are before it."), strict=True):
        expect(person.job(job.name)).to_contain_text(words, timeout=WAIT_MS)
    jobs[0].tell("job.cancelled")
    expect(person.job(jobs[2].name)).to_contain_text("1 job is before it.", timeout=WAIT_MS)


def test_the_time_left_is_unknown_until_such_a_job_was_seen(visit: Visit, told: Teller) -> None:
    person, first, second = visit(), *(ToldJob(told, unique("timed.txt"), pipeline="timed") for _ in range(2))
    first.start(*PARTS)
    expect(person.job(first.name)).to_contain_text("time left unknown", timeout=WAIT_MS)
    first.complete(PARTS, seconds=600)
    second.start(*PARTS)
    expect(person.job(second.name)).to_contain_text("about 20 min 0 s left", timeout=WAIT_MS)
    expect(person.open_job(second.name)).to_contain_text("about 20 min 0 s left")


def test_a_job_that_falls_silent_is_said_to_be_stalled(visit: Visit, told: Teller, stack: Stack) -> None:
    person, job = visit(script=IN_TAB), ToldJob(told, unique("silent.txt"))
    person.page.clock.install()
    person.open(stack.page_url)
    job.start(*PARTS)
    expect(person.job(job.name)).to_contain_text("last heard", timeout=WAIT_MS)
    person.page.clock.fast_forward(35_000)
    expect(person.job(job.name)).to_contain_text("Stalled: last heard 35 s ago", timeout=WAIT_MS)
    job.tell("stage.progressed", stage=job.stage(PARTS, 0), overall=0.1, progress=0.2, message="still here")
    expect(person.job(job.name)).not_to_contain_text("Stalled", timeout=WAIT_MS)


def test_a_failure_is_told_with_its_stage_and_reason(visit: Visit, stack: Stack) -> None:
    name = unique("fail.txt")
    person = visit(url=f"{stack.page_url}#/jobs/{send(stack, name, 'words', 'hostile')}")
    job = person.job(name)
    expect(job.locator('[data-stage="fail"]')).to_contain_text(ATTACK[:20], timeout=JOB_MS)
    assert person.page.title() != "taken over"
    assert person.complaints == []


def test_what_a_job_made_can_be_looked_at_and_harms_nobody(visit: Visit, stack: Stack) -> None:
    name = unique("files.txt")
    person = visit(url=f"{stack.page_url}#/jobs/{send(stack, name, 'words', 'hostile')}")
    person.expect_completed(name, ("make", "fail"))
    job = person.job(name)

    def preview(artifact: str) -> None:
        job.get_by_role("button", name=f"Preview {artifact}").click()

    preview("table.csv")
    expect(job.get_by_role("columnheader")).to_have_text(["city", "words"])
    expect(job.get_by_role("cell")).to_have_text(["Ulm", ATTACK])
    job.get_by_role("button", name="Hide preview table.csv").click()
    expect(job.get_by_role("table")).to_have_count(0)
    preview("records.json")
    expect(job.get_by_role("cell")).to_have_text(["Ulm", "<b>bold</b>"])
    preview("words.txt")
    expect(job.locator("pre")).to_have_text(ATTACK)
    preview("picture.svg")
    expect(job.get_by_role("img", name="picture.svg")).to_be_visible()
    preview("long.txt")
    expect(job.get_by_text("Only the beginning is shown.")).to_be_visible()
    expect(job.get_by_role("button", name="Preview page.html")).to_have_count(0)
    assert "taken over" not in person.page.title()
    assert person.complaints == []
