"""The report of each kind of file in a real browser: complete in itself, on any screen and on paper."""

import io
import zipfile
from typing import Any

import httpx
import pytest
from PIL import Image
from playwright.sync_api import Browser, Page, expect

from tests.e2e.axe import violations
from tests.e2e.visitor import JOB_MS, unique
from tests.ground import wait_until
from tests.stack import Stack


def table() -> bytes:
    rows = [
        f"City {number % 40},{number * 7919 % 90_000},{number / 7:.2f},2026-0{1 + number % 9}-1{number % 9}"
        for number in range(500)
    ]
    return "\n".join(["city,people,area,day", *rows]).encode()


def picture() -> bytes:
    made = io.BytesIO()
    Image.effect_mandelbrot((200, 150), (-2, -1.5, 1, 1.5), 40).convert("RGB").save(made, "PNG")
    return made.getvalue()


def archive() -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as packed:
        for number in range(30):
            packed.writestr(f"folder {number % 4}/file {number}.txt", "x" * number * 997)
    return made.getvalue()


FILES = {
    "table.csv": table(),
    "picture.png": picture(),
    "archive.zip": archive(),
    "words.txt": b"Some words, and then some more of them.\n" * 200,
    "octets.bin": bytes(range(256)) * 40,
}
LOOKS: dict[str, dict[str, Any]] = {
    "desktop": {"viewport": {"width": 1280, "height": 900}},
    "phone": {"viewport": {"width": 320, "height": 700}},
    "dark": {"viewport": {"width": 1280, "height": 900}, "color_scheme": "dark"},
}


@pytest.fixture(scope="module")
def reports(stack: Stack) -> dict[str, str]:
    """The address of each file's report."""
    sent = [("file", (unique(name), content)) for name, content in FILES.items()]
    jobs = httpx.post(f"{stack.gateway_url}/upload", files=sent).raise_for_status().json()["jobs"]
    addresses = [f"{stack.gateway_url}/jobs/{job['id']}" for job in jobs]
    for address in addresses:
        wait_until(lambda: httpx.get(address).json()["state"] == "completed", JOB_MS / 1_000, what=address)  # noqa: B023
    return {name: f"{address}/artifacts/report.html" for name, address in zip(FILES, addresses, strict=True)}


@pytest.mark.parametrize("look", LOOKS)
@pytest.mark.parametrize("name", FILES)
def test_a_report_is_complete_in_itself_and_for_everyone(
    browser: Browser, reports: dict[str, str], name: str, look: str
) -> None:
    context = browser.new_context(bypass_csp=True, **LOOKS[look])
    page, asked = context.new_page(), list[str]()
    page.on("request", lambda request: asked.append(request.url))
    page.goto(reports[name])
    assert [url for url in asked if not url.startswith("data:")] == [reports[name]]
    expect(page.locator("script")).to_have_count(0)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert violations(page) == []
    context.close()


@pytest.mark.parametrize("name", FILES)
def test_every_plot_has_a_table_beside_it_on_paper_too(browser: Browser, reports: dict[str, str], name: str) -> None:
    page: Page = browser.new_page(color_scheme="dark")
    page.goto(reports[name])
    page.emulate_media(media="print")
    for plot in page.locator("figure:has(svg[role=img])").all():
        around = plot.locator("xpath=ancestor::*[self::article or self::section][1]")
        expect(around.locator("table").first).to_be_visible()
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    page.close()


@pytest.mark.parametrize("name", ["table.csv", "picture.png"])
def test_it_has_plots(browser: Browser, reports: dict[str, str], name: str) -> None:
    page = browser.new_page()
    page.goto(reports[name])
    assert page.locator("figure svg[role=img]").count() > 0
    page.close()
