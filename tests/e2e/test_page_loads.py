"""A page whose browser drops some of what it asks for, as when a network comes or goes, still begins."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.e2e.visitor import WAIT_MS

FIRST_WORKER_IS_LOST = """
const Worker = globalThis.SharedWorker;
globalThis.workers = 0;
globalThis.SharedWorker = class {
  constructor(...about) {
    workers += 1;
    if (workers > 1) return new Worker(...about);
    this.port = new MessageChannel().port1;
    setTimeout(() => this.onerror?.(new Event("error")));
  }
};
"""
HELD = "navigator.locks.query().then(({ held }) => held.length)"


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    context = browser.new_context()
    yield context
    context.close()


@pytest.fixture
def page(context: BrowserContext) -> Page:
    return context.new_page()


def expect_live(page: Page) -> None:
    expect(page.locator("body")).to_have_attribute("data-connection", "live", timeout=WAIT_MS)


@pytest.mark.parametrize("module", ["main", "fold", "words.zh"])
def test_a_module_that_was_lost_on_the_way_is_loaded_again(page: Page, page_url: str, module: str) -> None:
    lost: list[str] = []
    page.on("requestfailed", lambda request: lost.append(request.url))
    page.route(f"**/{module}.js", lambda route: route.abort("connectionreset"), times=1)
    page.goto(page_url)
    expect_live(page)
    assert f"{page_url}web/{module}.js" in lost
    assert page.evaluate("history.state") is None  # the next load has all its tries


def test_a_page_that_cannot_be_loaded_says_so_and_stops(page: Page, page_url: str) -> None:
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url) if request.url == page_url else None)
    page.route("**/fold.js", lambda route: route.abort("connectionreset"))
    page.goto(page_url)
    expect(page.get_by_role("alert")).to_have_text(re.compile("did not load completely"), timeout=WAIT_MS)
    assert len(asked) == 4
    page.unroute("**/fold.js")
    page.reload()
    expect_live(page)


def test_a_worker_whose_script_was_lost_is_started_again(context: BrowserContext, page: Page, page_url: str) -> None:
    context.add_init_script(FIRST_WORKER_IS_LOST)
    page.goto(page_url)
    expect_live(page)
    assert page.evaluate("workers") == 2
    assert page.evaluate(HELD) == 0  # the tab did not take its place


def test_a_page_that_gets_no_frames_shows_what_there_is(context: BrowserContext, page: Page, page_url: str) -> None:
    context.add_init_script("globalThis.requestAnimationFrame = () => 1;")
    page.goto(page_url)
    expect_live(page)
