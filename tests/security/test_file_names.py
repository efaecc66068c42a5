"""Ten thousand hostile file names, through an upload, the stream and the page."""

import json
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.async_api import Page
from pydantic import SecretStr

from gateway.__main__ import main as gateway_main
from gateway.filenames import clean_name
from gateway.settings import GatewaySettings
from notifier.__main__ import main as notifier_main
from notifier.settings import NotifierSettings
from tests.security.browser import opened_page
from tests.security.hostile_names import as_form_name, hostile_names
from tests.services import running
from tests.stack import free_ports
from tests.streams import Stream

COUNT = 10_000
BATCH = 100
KEPT = re.compile(r"blobs/jobs/[0-9a-f-]{36}/(source|upload\.json)")
LINE_ENDS = re.compile("[\x00-\x1f\x7f\x85\u2028\u2029]")
# What the page may hold of anything: no name brings an element of its own.
FOREIGN = "img, script, svg, iframe, style, base, meta, template, object, embed, form, [onerror], [onload], [srcdoc]"


@asynccontextmanager
async def services(broker_url: str, folder: Path) -> AsyncIterator[tuple[str, str]]:
    """A gateway and a notifier that know of each other, as their page needs it."""
    gateway, notifier = free_ports(2)
    shared: dict[str, Any] = {
        "amqp_url": SecretStr(broker_url),
        "store_url": folder.as_uri(),
        "gateway_port": gateway,
        "notifier_port": notifier,
    }
    async with (
        running(gateway_main, GatewaySettings(**shared), gateway) as gateway_url,
        running(notifier_main, NotifierSettings(**shared, notifier_history_events=2 * COUNT), notifier) as notifier_url,
    ):
        yield gateway_url, notifier_url


async def upload(client: httpx.AsyncClient, names: list[str]) -> list[dict[str, Any]]:
    parts = [
        b'--B\r\nContent-Disposition: form-data; name="file"; filename="%b"\r\n\r\nx\r\n' % as_form_name(name)
        for name in names
    ]
    kind = {"Content-Type": "multipart/form-data; boundary=B"}
    answer = await client.post("/upload", content=b"".join(parts) + b"--B--\r\n", headers=kind)
    assert answer.status_code == 202, answer.text
    jobs: list[dict[str, Any]] = answer.json()["jobs"]
    return jobs


async def hear(stream: Stream, jobs: dict[str, str]) -> None:
    """Each job is told once, under the name that its sender was told, in one frame of one line."""
    told: dict[str, str] = {}
    while len(told) < len(jobs):
        frame = await stream.frame()
        assert frame.event == "message"
        event = json.loads(frame.data)
        assert event["type"] == "job.queued"
        told[event["subject"]] = event["data"]["job"]["name"]
    assert told == jobs


@pytest.mark.timeout(900)
async def test_a_name_is_a_name(broker_url: str, tmp_path: Path, inspect_queue: str) -> None:
    folder = tmp_path / "blobs"
    folder.mkdir()
    names = hostile_names(COUNT)
    async with services(broker_url, folder) as (gateway, notifier), httpx.AsyncClient(timeout=120) as client:
        async with (
            opened_page(gateway) as (page, complaints),
            client.stream("GET", f"{notifier}/events") as answer,
            httpx.AsyncClient(base_url=gateway, timeout=120) as sender,
        ):
            stream = Stream(answer)
            await stream.snapshot()
            for start in range(0, COUNT, BATCH):
                jobs = await upload(sender, names[start : start + BATCH])
                for name, job in zip(names[start : start + BATCH], jobs, strict=True):
                    assert "\\" in name or job["name"] == clean_name(name)  # in a header, a backslash is an escape
                assert not any(LINE_ENDS.search(job["name"]) or "/" in job["name"] for job in jobs)
                await hear(stream, {job["id"]: job["name"] for job in jobs})
                await look(page, jobs, complaints)
        await read_as_text(client, notifier)
    kept = files_in(tmp_path)
    assert len(kept) == 2 * COUNT
    assert [path for path in kept if not KEPT.fullmatch(path)] == []


def files_in(folder: Path) -> list[str]:
    return [path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()]


async def look(page: Page, jobs: list[dict[str, Any]], complaints: list[str]) -> None:
    """The page shows the names as they are, and has no element that it did not make."""
    last = jobs[-1]["id"]
    await page.wait_for_selector(f'[data-job="{last}"]', state="attached")
    ids = [job["id"] for job in jobs]
    shown = await page.evaluate("ids => ids.map(id => document.getElementById(`name-${id}`)?.textContent)", ids)
    plain = re.compile("[\u2066-\u2069\u200b\u00ad]")  # what the page puts around and into names
    assert [plain.sub("", name or "") for name in shown] == [plain.sub("", job["name"]) for job in jobs]
    assert await page.locator("#jobs").locator(FOREIGN).count() == 0
    assert complaints == []


async def read_as_text(client: httpx.AsyncClient, notifier: str) -> None:
    """For people with curl: a line for each job, and no line that is none."""
    async with client.stream("GET", f"{notifier}/events", params={"format": "text"}) as answer:
        stream = Stream(answer)
        for _ in range(COUNT):
            frame = await stream.frame()
            assert frame.event == "message"
            assert frame.data.startswith("file: ")
            assert frame.data.endswith(": queued")
            assert not LINE_ENDS.search(frame.data)
