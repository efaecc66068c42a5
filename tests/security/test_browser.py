"""What a real browser makes of what strangers sent, and of a link that somebody was given."""

import re
from pathlib import Path
from typing import Any

import httpx
from pydantic import SecretStr

from gateway.__main__ import main as gateway_main
from gateway.settings import GatewaySettings
from notifier.__main__ import main as notifier_main
from notifier.settings import NotifierSettings
from processor.inspection.report.style import STYLE
from tests.security.browser import LIVE, opened_page
from tests.security.conftest import SIGNING
from tests.services import running, running_gateway
from tests.stack import free_ports

HARMFUL = f"""<!doctype html><style>{STYLE} h1 {{ color: rgb(1, 2, 3) }}</style><title>harmless</title><h1>Report</h1>
<script>document.title = "owned"; pwn()</script><img src=x onerror="document.title = 'owned'">
<form action=/upload method=post><button>Go</button></form><iframe src=/></iframe>
<link rel=stylesheet href=/web/style.css><meta http-equiv=refresh content="1;url=/">"""


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
    gateway, notifier = free_ports(2)
    shared: dict[str, Any] = {
        "amqp_url": SecretStr(broker_url),
        "store_url": blobs.as_uri(),
        "gateway_port": gateway,
        "notifier_port": notifier,
        "secret": SecretStr(SIGNING),
        "visibility": "own",
    }
    async with (
        running(gateway_main, GatewaySettings(**shared), gateway) as url,
        running(notifier_main, NotifierSettings(**shared), notifier),
        httpx.AsyncClient(base_url=url) as ada,
    ):
        names = ("shown.csv", "hidden.csv")
        jobs = [(await ada.put(f"/upload/{name}", content=b"a")).json()["jobs"][0]["id"] for name in names]
        (blobs / "jobs" / jobs[0] / "artifacts").mkdir()
        link = (await ada.post(f"/jobs/{jobs[0]}/share")).json()["links"]["page"]
        async with opened_page(url + link, waits=f"{LIVE} [data-job]") as (page, complaints):
            assert await page.locator("[data-job]").count() == 1
            assert re.search("shown.csv", await page.locator("#jobs").inner_text())
            await ada.post(f"/jobs/{jobs[0]}/cancel")
            await page.wait_for_selector('body[data-connection="ended"]')  # and asks no more
            assert complaints == []
        async with opened_page(url) as (page, complaints):  # a visitor without it
            assert await page.locator("[data-job]").count() == 0
            assert complaints == []
