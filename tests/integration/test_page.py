"""The page's files and the rules that they come with; the page itself is driven in tests/e2e."""

import re
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from tests.services import running_gateway


@pytest.fixture
async def gateway(broker_url: str, blobs: Path) -> AsyncIterator[httpx.AsyncClient]:
    async with (
        running_gateway(broker_url, blobs.as_uri(), notifier_port=8765, allowed_hosts=("*",)) as url,
        httpx.AsyncClient(base_url=url) as client,
    ):
        yield client


async def test_the_page_knows_where_the_streams_are(gateway: httpx.AsyncClient) -> None:
    answer = await gateway.get("/", headers={"Host": "my-laptop.local:8000"})
    assert 'content="http://my-laptop.local:8765/events"' in answer.text
    policy = answer.headers["content-security-policy"]
    assert "connect-src 'self' http://my-laptop.local:8765;" in policy
    assert re.search(r"script-src 'self' 'sha256-[\w+/]{43}=';", policy)
    assert "unsafe" not in policy


@pytest.mark.parametrize("host", ['a"><script>', "x; script-src *", "a b", "ü"])
async def test_a_hostile_host_leaves_the_policy_alone(gateway: httpx.AsyncClient, host: str) -> None:
    answer = await gateway.get("/", headers={b"Host": host.encode()})
    if answer.status_code == 200:
        assert "http://localhost:8765/events" in answer.text


async def test_its_files_are_served_and_revalidated(gateway: httpx.AsyncClient) -> None:
    page = (await gateway.get("/")).text
    assert '<link rel="modulepreload" href="/web/main.js">' in page
    assert "stream-worker.js" not in page
    for path in ("/web/main.js", "/web/style.css"):
        answer = await gateway.get(path)
        assert answer.status_code == 200
        assert answer.headers["cache-control"] == "no-cache"
        again = await gateway.get(path, headers={"If-None-Match": answer.headers["etag"]})
        assert again.status_code == 304
    assert (await gateway.get("/web/../app.py")).status_code == 404
    assert (await gateway.get("/web/%2e%2e/app.py")).status_code == 404


async def test_a_worker_has_the_policy_of_the_page(gateway: httpx.AsyncClient) -> None:
    """It comes with its script; a proxy that gives one to what has none would cut it off."""
    answer = await gateway.get("/web/stream-worker.js", headers={"Host": "my-laptop.local:8000"})
    policy = answer.headers["content-security-policy"]
    assert "script-src 'self';" in policy
    assert "connect-src 'self' http://my-laptop.local:8765;" in policy


async def test_the_page_knows_whose_jobs_are_the_readers(gateway: httpx.AsyncClient) -> None:
    def owner(page: str) -> str:
        return page.partition('name="stagecast-owner" content="')[2].partition('"')[0]

    first, again = owner((await gateway.get("/")).text), owner((await gateway.get("/")).text)
    gateway.cookies.clear()
    assert first == again != owner((await gateway.get("/")).text)
    assert len(first) == 32


async def test_a_visitor_is_remembered(gateway: httpx.AsyncClient) -> None:
    await gateway.get("/")
    cookie = gateway.cookies["stagecast"]
    await gateway.get("/")
    assert gateway.cookies["stagecast"] == cookie
