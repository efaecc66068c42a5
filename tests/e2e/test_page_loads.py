"""A page whose browser drops some of what it asks for, as when a network comes or goes, still begins."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.e2e.visitor import WAIT_MS
from tests.ground import wait_until

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


def loaded(page: Page) -> list[str]:
    """The documents that the page asked for, as it goes on."""
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url) if request.is_navigation_request() else None)
    return asked


@pytest.mark.parametrize("file", ["main.js", "fold.js", "words.zh.js", "list.css"])
def test_a_file_that_was_lost_on_the_way_is_loaded_again(page: Page, page_url: str, file: str) -> None:
    page.route(f"**/{file}", lambda route: route.abort("connectionreset"), times=1)
    page.goto(page_url)
    expect_live(page)
    expect(page.locator(".search svg")).to_have_css("position", "absolute", timeout=WAIT_MS)
    wait_until(lambda: page.evaluate("history.state") is None, WAIT_MS / 1_000, what="all tries for the next load")


def test_all_that_was_lost_at_once_is_loaded_again(page: Page, page_url: str) -> None:
    asked = loaded(page)
    page.route("**/web/*", lambda route: route.abort() if len(asked) < 3 else route.continue_())
    page.goto(page_url)
    expect_live(page)
    assert len(asked) >= 3


def test_a_page_that_cannot_be_loaded_says_so_and_stops(page: Page, page_url: str) -> None:
    asked = loaded(page)
    page.route("**/fold.js", lambda route: route.abort("connectionreset"))
    page.goto(page_url)
    expect(page.get_by_role("alert")).to_have_text(re.compile("did not load completely"), timeout=WAIT_MS)
    assert len(asked) == 5
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
