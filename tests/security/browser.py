"""Chromium, and what it complains of."""

import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from playwright.async_api import Page, async_playwright

from tests.conftest import CHROMIUM_ARGUMENTS
from tests.ground import missing

LIVE = 'body[data-connection="live"]'


@asynccontextmanager
async def opened_page(url: str, *, waits: str = LIVE) -> AsyncIterator[tuple[Page, list[str]]]:
    """The page in Chromium, and what the browser complains of; `pwn()` is what no name may call."""
    chromium = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if chromium is None:
        missing("no chromium on this machine: install it for the browser tests")
    complaints: list[str] = []
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=chromium, args=CHROMIUM_ARGUMENTS)
        page = await browser.new_page()
        page.on("console", lambda line: complaints.append(line.text) if line.type == "error" else None)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("dialog", lambda dialog: complaints.append(dialog.message))
        await page.expose_function("pwn", lambda: complaints.append("pwned"))
        await page.goto(url)
        if waits:
            await page.wait_for_selector(waits)
        yield page, complaints
        await browser.close()
