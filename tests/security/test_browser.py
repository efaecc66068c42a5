"""What a real browser makes of what strangers sent, and of a link that somebody was given."""

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
from pydantic import SecretStr

from gateway.__main__ import main as gateway_main
from gateway.settings import GatewaySettings
from notifier.__main__ import main as notifier_main
from notifier.settings import NotifierSettings
from processor.inspection.report.style import STYLE
from tests.access import token
from tests.security.browser import LIVE, opened_page
from tests.security.conftest import SIGNING, TOKENS
from tests.services import running, running_gateway
from tests.stack import free_ports

EXPIRED = 'body[data-connection="expired"]'
TAB_WITH_THE_LOCK = "delete globalThis.SharedWorker;"  # its requests and its clock are the page's
WATCH = """() => {
    window.seen = [];
    new MutationObserver(() => seen.push(document.body.dataset.connection))
        .observe(document.body, { attributeFilter: ["data-connection"] });
}"""
HARMFUL = f"""<!doctype html><style>{STYLE} h1 {{ color: rgb(1, 2, 3) }}</style><title>harmless</title><h1>Report</h1>
<script>document.title = "owned"; pwn()</script><img src=x onerror="document.title = 'owned'">
<form action=/upload method=post><button>Go</button></form><iframe src=/></iframe>
<link rel=stylesheet href=/web/style.css><meta http-equiv=refresh content="1;url=/">"""


@asynccontextmanager
async def running_pair(broker_url: str, blobs: Path, **more: Any) -> AsyncIterator[str]:
    """A gateway and the notifier that its page reads, where everybody sees their own."""
    gateway, notifier = free_ports(2)
    shared: dict[str, Any] = {
        "amqp_url": SecretStr(broker_url),
        "store_url": blobs.as_uri(),
        "gateway_port": gateway,
        "notifier_port": notifier,
        "secret": SecretStr(SIGNING),
        "visibility": "own",
        **more,
    }
    async with (
        running(gateway_main, GatewaySettings(**shared), gateway) as url,
        running(notifier_main, NotifierSettings(**shared), notifier),
    ):
        yield url


async def test_uploaded_markup_is_shown_and_does_nothing(broker_url: str, blobs: Path, inspect_queue: str) -> None:
    async with running_gateway(broker_url, blobs.as_uri()) as url, httpx.AsyncClient(base_url=url) as client:
        job = (await client.put("/upload/a.html", content=HARMFUL.encode())).json()["jobs"][0]["id"]
        made = blobs / "jobs" / job / "artifacts"
        made.mkdir()
        for name in ("report.html", "picture.svg", "page.xhtml", "unknown"):
            (made / name).write_text(HARMFUL)
        async with opened_page(f"{url}/jobs/{job}/artifacts/report.html", waits="h1") as (page, complaints):
            assert await page.title() == "harmless"
            assert await page.evaluate("self.origin") == "null"
            assert await page.evaluate("getComputedStyle(document.querySelector('h1')).color") == "rgb(1, 2, 3)"
            await page.get_by_role("button").click()
            assert page.url.endswith("report.html")
            assert any("Content Security Policy" in words for words in complaints)
            assert "pwned" not in complaints
        for name in ("picture.svg", "page.xhtml", "unknown"):
            answer = await client.get(f"/jobs/{job}/artifacts/{name}")
            assert answer.headers["content-disposition"].startswith("attachment")
            assert answer.headers["content-security-policy"].startswith("sandbox; default-src 'none'")


async def test_a_link_shows_one_job_and_no_other(broker_url: str, blobs: Path, inspect_queue: str) -> None:
    async with running_pair(broker_url, blobs) as url, httpx.AsyncClient(base_url=url) as ada:
        names = ("shown.csv", "hidden.csv")
        jobs = [(await ada.put(f"/upload/{name}", content=b"a")).json()["jobs"][0]["id"] for name in names]
        (blobs / "jobs" / jobs[0] / "artifacts").mkdir()
        link = (await ada.post(f"/jobs/{jobs[0]}/share")).json()["links"]["page"]
        async with opened_page(url + link, waits=f"{LIVE} #job-page [data-job]") as (page, complaints):
            assert re.search("shown.csv", await page.locator("#job-page").inner_text())
            assert await page.locator("#jobs [data-job]").count() == 1
            assert not await page.get_by_text("Choose files").is_visible()
            assert not await page.get_by_role("link", name="All jobs").is_visible()
            assert not await page.get_by_role("button", name="Cancel").is_visible()
            await page.evaluate(WATCH)
            await ada.post(f"/jobs/{jobs[0]}/cancel")
            await page.wait_for_selector('body[data-connection="ended"]')  # and asks no more
            assert await page.evaluate("seen") == ["ended"]
            assert complaints == []
        async with opened_page(url) as (page, complaints):  # a visitor without it
            assert await page.locator("[data-job]").count() == 0
            assert await page.get_by_text("Only you see it.").is_visible()
            assert not await page.get_by_text("Everyone who has this page open").is_visible()
            assert "curl -b cookies.txt" in await page.locator("#curl-upload").inner_text()
            assert complaints == []


async def test_who_is_signed_out_is_told_so_and_asks_no_more(broker_url: str, blobs: Path) -> None:
    async with (
        running_pair(broker_url, blobs, auth_leeway_seconds=0, **TOKENS) as url,
        opened_page(url, waits=EXPIRED) as (page, _),  # with no token
    ):
        words = await page.get_by_role("alert").inner_text()
        assert "You are not signed in." in words
        assert "Sign in where you do that for this site" in words
        assert not await page.get_by_text("Choose files").is_visible()
        await page.context.add_cookies([{"name": "stagecast_token", "value": token(seconds=12), "url": url}])
        await page.get_by_role("button", name="Reload").click()
        await page.wait_for_selector(LIVE)
        assert 'curl -H "Authorization: Bearer $TOKEN"' in await page.locator("#curl-upload").inner_text()
        await page.wait_for_selector(EXPIRED)  # the stream said so
        await page.add_init_script(TAB_WITH_THE_LOCK)
        await page.clock.install()
        asked: list[str] = []
        page.on("request", lambda request: asked.append(request.url) if "/events" in request.url else None)
        await page.reload()
        await page.wait_for_selector(EXPIRED)  # the token is refused
        await page.evaluate("dispatchEvent(new Event('offline'))")
        await page.clock.fast_forward(300_000)
        assert await page.locator(EXPIRED).count() == 1
        assert len(asked) == 1
