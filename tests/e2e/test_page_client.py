"""`stagecast.js` in somebody else's page: what docs/events.md says of it."""

import pytest
from playwright.sync_api import Browser, BrowserContext, Page

from tests.e2e.visitor import JOB_MS, unique
from tests.stack import Stack

USE = """
async ({ events, name }) => {
  const { connect } = await import("/web/stagecast.js");
  const jobs = connect(location.origin, { events });
  const told = { states: [], shares: [], connections: [] };
  jobs.on("connection", ({ state }) => told.connections.push(state));
  const stop = jobs.on("change", () => { told.stopped = (told.stopped ?? 0) + 1; stop(); });
  const completed = new Promise((resolve) => jobs.on("change", ({ jobs }) => {
    const mine = jobs.find((job) => job.name === name);
    if (mine) told.states.push(mine.state);
    if (mine?.state === "completed") resolve(mine);
  }));
  const onProgress = (share) => told.shares.push(share);
  const [{ id }] = await jobs.upload(new File(["some words"], name), { pipeline: "inspect", onProgress });
  const job = await completed;
  told.report = (await fetch(jobs.artifactUrl(id, "report.html"))).status;
  told.same = job.id === id && jobs.get(id).overall === 1 && (await jobs.fetch(id)).state === "completed";
  told.problem = await jobs.retry(id).catch(({ name, status, message }) => [name, status, message !== ""]);
  jobs.close();
  const only = connect(`${location.origin}/?from=here`, { events: `${events}?job=${id}` });
  told.address = only.artifactUrl(id, "a b");
  await new Promise((resolve) => only.on("connection", ({ state }) => state === "ended" && resolve()));
  told.last = only.get(id).state;
  return told;
}
"""


@pytest.fixture
def other_page(browser: Browser, stack: Stack) -> Page:
    """A page that is not ours, on our origin."""
    context: BrowserContext = browser.new_context()
    context.route("**/other.html", lambda route: route.fulfill(body="<title>other</title>", content_type="text/html"))
    page = context.new_page()
    page.goto(f"{stack.page_url}other.html")
    page.set_default_timeout(JOB_MS)
    return page


def test_another_page_uploads_and_follows(other_page: Page, stack: Stack) -> None:
    told = other_page.evaluate(USE, {"events": stack.events_url, "name": unique("theirs.txt")})
    assert told["states"][-1] == "completed"
    assert told["shares"][-1] == 1
    assert told["shares"] == sorted(told["shares"])
    assert told["connections"][-1] == "live"
    assert told["stopped"] == 1
    assert told["same"]
    assert told["report"] == 200
    assert told["problem"] == ["Problem", 409, True]
    assert told["address"].endswith("/artifacts/a%20b?from=here")
    assert told["last"] == "completed"
    other_page.context.close()
