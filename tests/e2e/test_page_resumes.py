"""The page comes late, or its stream breaks while a job is at work: it shows the whole story all the same."""

import os
import signal
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.sync_api import Route, expect

from tests.e2e.gated import STAGES
from tests.e2e.visitor import JOB_MS, WAIT_MS, Visit, Visitor, unique
from tests.ground import wait_until
from tests.stack import Stack, free_place, running_stack

# What the streams of the page bring, and what it says of its connection: kept for the test beside the page's own use.
# Without shared workers the page holds the stream itself, where a test can hear it; test_page_streams.py has both.
EAR = """
delete window.SharedWorker;
window.heard = { events: [], snapshots: [], connections: [] };
const hear = async (reader) => {
  let text = "";
  for (let piece = await reader.read(); !piece.done; piece = await reader.read()) {
    const frames = (text + piece.value).split("\\n\\n");
    text = frames.pop();
    frames.map((frame) => frame.match(/^data: (.*)$/m)?.[1]).filter(Boolean).map(JSON.parse)
      .forEach((told) => told.jobs ? heard.snapshots.push(told) : told.subject && heard.events.push(told));
  }
};
const plainFetch = window.fetch;
window.fetch = async (...all) => {
  const answer = await plainFetch(...all);
  if (answer.status !== 200 || !String(all[0]).includes("/events")) return answer;
  const [ours, theirs] = answer.body.tee();
  hear(ours.pipeThrough(new TextDecoderStream()).getReader()).catch(() => undefined);
  return new Response(theirs, answer);
};
new MutationObserver((changes) => changes.forEach(({ target }) => heard.connections.push(target.dataset.connection)))
  .observe(document, { subtree: true, attributes: true, attributeFilter: ["data-connection"] });
"""


@pytest.fixture(scope="module")
def stack(rabbitmq: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """As `make up` starts it, with a pipeline whose stages wait for the test."""
    pipelines = "processor.inspection:inspect,tests.e2e.gated:gated"
    place = free_place(tmp_path_factory.mktemp("stack"))
    with running_stack(place, STAGECAST_PROCESSOR_PIPELINES=pipelines) as running:
        yield running


class GatedJob:
    """A job that was sent by somebody else; each of its stages waits for its gate."""

    def __init__(self, stack: Stack, gates: Path) -> None:
        self.name = unique("gated.txt")
        self._stack = stack
        self._gates = gates
        files = {"file": (self.name, str(gates).encode())}
        answer = httpx.post(f"{stack.gateway_url}/upload", files=files, data={"pipeline": "gated"})
        self.id: str = answer.raise_for_status().json()["jobs"][0]["id"]

    def open(self, *gates: str) -> None:
        for gate in gates:
            (self._gates / gate).touch()

    def wait_until(self, condition: Callable[[dict[str, Any]], bool]) -> None:
        """Wait for what the notifier says of it."""
        url = f"{self._stack.notifier_url}/jobs/{self.id}"

        def is_met() -> bool:
            answer = httpx.get(url)
            return answer.is_success and condition(answer.json())

        wait_until(is_met, JOB_MS / 1_000, what=f"{self.name} to be so")

    def wait_until_completed(self) -> None:
        self.wait_until(lambda job: bool(job["state"] == "completed"))

    def wait_until_in(self, stage: str) -> None:
        at = STAGES.index(stage)
        self.wait_until(lambda job: len(job["stages"]) > at and job["stages"][at]["state"] == "running")


@pytest.fixture
def job(stack: Stack, tmp_path: Path) -> Iterator[GatedJob]:
    job = GatedJob(stack, tmp_path)
    yield job
    job.open(*STAGES)  # a test that failed leaves no job that waits


def expect_running(person: Visitor, job: GatedJob, stage: str) -> None:
    row = person.job(job.name).locator(f'[data-stage="{stage}"]')
    expect(row).to_have_attribute("data-state", "running", timeout=JOB_MS)


def connections(person: Visitor) -> list[str]:
    """What the page has said of its connection, from the beginning."""
    said: list[str] = person.page.evaluate("heard.connections")
    return said


def expect_whole_story(person: Visitor, job: GatedJob) -> None:
    """It is shown as completed, and no event of it is missing in what the streams brought after the first snapshot."""
    person.expect_completed(job.name, STAGES)
    (snapshot,) = person.page.evaluate("heard.snapshots")
    begun = next((known["sequence"] for known in snapshot["jobs"] if known["job"]["id"] == job.id), -1)
    heard = person.page.evaluate("id => heard.events.filter(({ subject }) => subject === id)", job.id)
    sequences = {event["data"]["sequence"] for event in heard if event["data"]["sequence"] > begun}
    assert sequences == set(range(begun + 1, max(sequences) + 1))
    expect(person.page.locator("#notice")).to_contain_text("Caught up:", timeout=WAIT_MS)
    expect(person.page.locator("#notice")).to_contain_text("that you missed")


def test_a_page_opened_after_a_job_ended_shows_it(visit: Visit, job: GatedJob) -> None:
    job.open(*STAGES)
    job.wait_until_completed()
    person = visit()
    person.expect_completed(job.name, STAGES)
    shown = person.open_job(job.name)
    expect(shown.locator(".stage-outcome").first).to_contain_text("done · ")
    expect(shown.get_by_role("link", name="third.txt")).to_be_visible()
    expect(person.page.locator("#notice")).to_be_hidden()
    assert person.complaints == []


def test_a_page_opened_in_the_middle_of_a_job_shows_it(visit: Visit, job: GatedJob) -> None:
    job.open("first")
    job.wait_until_in("second")
    person = visit()
    expect_running(person, job, "second")
    shown = person.job(job.name)
    expect(shown.locator('[data-stage="first"]')).to_have_attribute("data-state", "completed")
    expect(shown.locator('[data-stage="third"]')).to_have_attribute("data-state", "pending")
    expect(shown.locator(".about").first).to_contain_text("gated")
    job.open("second", "third")
    person.expect_completed(job.name, STAGES)


@pytest.mark.parametrize(("number", "connection"), [(signal.SIGKILL, "reconnecting"), (signal.SIGTERM, "restarting")])
def test_a_page_outlives_the_notifier(
    visit: Visit, stack: Stack, job: GatedJob, number: signal.Signals, connection: str
) -> None:
    person = visit(script=EAR)
    expect_running(person, job, "first")
    notifier = stack.runner.pid_of("notifier")
    assert notifier is not None
    os.kill(notifier, number)
    job.open("first")
    wait_until(lambda: len(connections(person)) > 1, WAIT_MS / 1_000, what="the page to notice")
    expect_running(person, job, "second")
    person.expect_connection("live")
    job.open("second", "third")
    expect_whole_story(person, job)
    assert connections(person) == ["live", connection, "live"]


def test_a_page_without_network_for_a_while_misses_nothing(visit: Visit, job: GatedJob) -> None:
    person = visit(script=EAR)
    expect_running(person, job, "first")
    person.context.set_offline(True)
    person.expect_connection("reconnecting")
    expect(person.job(job.name)).to_contain_text("may be outdated")
    job.open(*STAGES)
    job.wait_until_completed()
    person.context.set_offline(False)
    expect_whole_story(person, job)
    assert connections(person) == ["live", "reconnecting", "live"]


def test_a_page_whose_streams_are_refused_for_a_while_misses_nothing(visit: Visit, job: GatedJob) -> None:
    refused: list[str] = []

    def refuse(route: Route) -> None:
        refused.append(route.request.url)
        route.fulfill(status=httpx.codes.BAD_GATEWAY, body="no server")

    person = visit(script=EAR)
    expect_running(person, job, "first")
    person.page.route("**/events*", refuse)
    break_stream(person)
    job.open(*STAGES)
    job.wait_until_completed()
    person.page.wait_for_timeout(0)  # lets the routes run
    for _ in range(2):
        with person.page.expect_response(lambda answer: answer.status == httpx.codes.BAD_GATEWAY, timeout=WAIT_MS):
            pass
    person.page.unroute("**/events*")
    expect_whole_story(person, job)
    assert all("?last_event_id=" in url for url in refused)


def break_stream(person: Visitor) -> None:
    """The page makes a new stream."""
    person.context.set_offline(True)
    person.expect_connection("reconnecting")
    person.context.set_offline(False)


def test_a_page_that_cannot_be_told_what_it_missed_says_that_it_caught_up(visit: Visit, job: GatedJob) -> None:
    def forget(route: Route) -> None:
        url = httpx.URL(route.request.url).copy_set_param("last_event_id", "none-of-yours")
        route.continue_(url=str(url))

    person = visit(script=EAR)
    expect_running(person, job, "first")
    person.page.route("**/events*", forget)
    break_stream(person)
    person.expect_connection("live")
    notice = person.page.locator("#notice")
    expect(notice).to_contain_text("Caught up: the server does not know any more what you had.", timeout=WAIT_MS)
    expect(person.page.get_by_role("status")).to_contain_text("Caught up:")
    expect_running(person, job, "first")
    job.open(*STAGES)
    person.expect_completed(job.name, STAGES)
    expect(notice).to_be_hidden(timeout=WAIT_MS)
    assert [snapshot["reason"] for snapshot in person.page.evaluate("heard.snapshots")] == ["new", "unknown-id"]
