"""One stream a browser, however many tabs: over HTTP/1.1, behind a proxy that fails."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.e2e.edge import Edge, running_edge
from tests.e2e.visitor import JOB_MS, WAIT_MS, Visitor, text_file, unique
from tests.ground import wait_until
from tests.stack import Stack, free_place, running_stack

TABS = 8  # two more than a browser has connections to a server
WAYS = {"a shared worker": "", "a tab with the lock": "delete globalThis.SharedWorker;"}


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Stack, Edge]]:
    """A stack whose page reads its streams through an edge."""
    place = free_place(tmp_path_factory.mktemp("stack"))
    with (
        running_edge(place.notifier) as edge,
        running_stack(place, STAGECAST_GATEWAY_EVENTS_URL=f"{edge.url}/events") as stack,
    ):
        yield stack, edge


@pytest.fixture
def page_url(place: tuple[Stack, Edge]) -> str:
    return place[0].page_url


@pytest.fixture
def edge(place: tuple[Stack, Edge]) -> Edge:
    edge = place[1]
    wait_until(lambda: edge.streams == 0, WAIT_MS / 1_000, what="the end of the streams of the test before")
    edge.requests.clear()
    return edge


@pytest.fixture(params=WAYS)
def context(request: pytest.FixtureRequest, browser: Browser) -> Iterator[BrowserContext]:
    """A browser, with what it has to share a stream."""
    context = browser.new_context()
    context.add_init_script(WAYS[request.param])
    yield context
    context.close()


def opened(context: BrowserContext, page_url: str) -> Visitor:
    tab = Visitor(context)
    tab.open(page_url)
    return tab


def streams(edge: Edge) -> list[str]:
    return [line for line in edge.requests if line.startswith("GET /events")]


def test_tabs_beyond_the_six_connections_are_all_live(context: BrowserContext, edge: Edge, page_url: str) -> None:
    tabs = [opened(context, page_url) for _ in range(TABS)]
    name = unique("seen by all.txt")
    tabs[-1].choose(text_file(name))
    for tab in tabs:
        expect(tab.job(name)).to_have_attribute("data-state", "completed", timeout=JOB_MS)
        assert tab.complaints == []
    assert edge.streams == 1
    assert len(streams(edge)) == 1


def test_a_tab_that_comes_late_knows_what_the_others_know(context: BrowserContext, edge: Edge, page_url: str) -> None:
    first, name = opened(context, page_url), unique("early.txt")
    first.choose(text_file(name))
    first.expect_completed(name)
    opened(context, page_url).expect_completed(name)
    assert len(streams(edge)) == 1


def test_the_tabs_go_on_when_the_one_that_came_first_is_closed(
    request: pytest.FixtureRequest, context: BrowserContext, edge: Edge, page_url: str
) -> None:
    first, second, third = (opened(context, page_url) for _ in range(3))
    first.page.close()
    is_worker = request.node.callspec.params["context"] == "a shared worker"
    expected = 1 if is_worker else 2  # a worker stays, a lock changes hands
    wait_until(lambda: edge.streams == 1 and len(streams(edge)) == expected, WAIT_MS / 1_000, what="who holds it now")
    name = unique("after it.txt")
    second.choose(text_file(name))
    for tab in (second, third):
        tab.expect_completed(name)
    assert all("last_event_id=" in line for line in streams(edge)[1:])


def test_a_proxy_that_answers_502_ends_nothing(context: BrowserContext, edge: Edge, page_url: str) -> None:
    tabs = [opened(context, page_url) for _ in range(2)]
    before, refused = len(streams(edge)), edge.refusals
    edge.go_down()
    for tab in tabs:
        tab.expect_connection("reconnecting")
        expect(tab.page.locator("#connection")).to_contain_text("Reconnecting in", timeout=WAIT_MS)
    wait_until(lambda: edge.refusals >= refused + 2, WAIT_MS / 1_000, what="two answers of 502")
    name = unique("meanwhile.txt")
    tabs[0].choose(text_file(name))  # shown at once, though nobody tells of it
    for tab in tabs:
        expect(tab.job(name)).to_have_attribute("data-state", "queued", timeout=WAIT_MS)
    edge.come_back()
    for tab in tabs:
        tab.expect_connection("live")
        expect(tab.page.locator("#notice")).to_contain_text("that you missed", timeout=WAIT_MS)
        tab.expect_completed(name)
    assert all("last_event_id=" in line for line in streams(edge)[before:])


def test_a_tab_out_of_the_back_forward_cache_asks_what_it_missed(
    context: BrowserContext, edge: Edge, page_url: str
) -> None:
    tab, words = opened(context, page_url), "new BroadcastChannel(`stagecast 1  ${events}`)"
    tab.page.evaluate(
        "events => { window.told = []; window.spy = "
        + words
        + "; spy.onmessage = ({ data }) => data.word && told.push(data.word.kind); }",
        f"{edge.url}/events",
    )
    tab.page.evaluate("dispatchEvent(new PageTransitionEvent('pageshow', { persisted: true }))")
    wait_until(lambda: "state" in tab.page.evaluate("told"), WAIT_MS / 1_000, what="all that there is")


def test_a_worker_that_never_speaks_is_none(browser: Browser, edge: Edge, page_url: str) -> None:
    context = browser.new_context()
    context.add_init_script("globalThis.SharedWorker = class { port = new MessageChannel().port1; };")
    opened(context, page_url)
    assert len(streams(edge)) == 1
    context.close()


def test_a_stream_that_has_gone_silent_is_made_anew(browser: Browser, edge: Edge, page_url: str) -> None:
    context = browser.new_context()
    context.add_init_script(WAYS["a tab with the lock"])
    page: Page = context.new_page()
    page.clock.install()
    page.goto(page_url)
    expect(page.locator("body")).to_have_attribute("data-connection", "live", timeout=WAIT_MS)
    page.clock.fast_forward(50_000)  # as after a sleep: no heartbeat came in that time
    wait_until(lambda: len(streams(edge)) == 2, WAIT_MS / 1_000, what="another stream")
    expect(page.locator("body")).to_have_attribute("data-connection", "live", timeout=WAIT_MS)
    assert "last_event_id=" in streams(edge)[1]
    context.close()


def test_what_was_heard_long_ago_is_shown_as_stale(browser: Browser, edge: Edge, page_url: str) -> None:
    context = browser.new_context()
    context.add_init_script(WAYS["a tab with the lock"])
    page: Page = context.new_page()
    page.clock.install()
    page.goto(page_url)
    expect(page.locator("body")).to_have_attribute("data-connection", "live", timeout=WAIT_MS)
    edge.go_down()
    expect(page.locator("body")).to_have_attribute("data-connection", "reconnecting", timeout=WAIT_MS)
    page.clock.fast_forward(90_000)
    expect(page.locator("body")).to_have_attribute("data-connection", "stale", timeout=WAIT_MS)
    expect(page.locator("#connection")).to_contain_text("Stale: 1 min")
    edge.come_back()
    page.clock.fast_forward(20_000)
    expect(page.locator("body")).to_have_attribute("data-connection", "live", timeout=WAIT_MS)
    context.close()
