"""The page in Firefox: one path through it. All else is tested in Chromium."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.firefox import Firefox, running_firefox
from tests.e2e.visitor import JOB_MS, STAGES, WAIT_MS, unique
from tests.ground import missing, wait_until
from tests.stack import Stack

CONNECTION = "return document.body.dataset.connection"
STATE = """
const links = [...document.querySelectorAll("[data-job] :is(h2, h3)")];
return links.find((link) => link.textContent === arguments[0])?.closest("[data-job]").dataset.state;
"""
OPEN = "[...document.querySelectorAll('h3 a')].find((link) => link.textContent === arguments[0]).click()"
DONE = "return [...document.querySelectorAll('.stage[data-state=completed]')].map(({ dataset }) => dataset.stage)"
PREVIEWS = "return [...document.querySelectorAll('.preview pre')].map(({ textContent }) => textContent)"


@pytest.fixture
def firefox(tmp_path: Path) -> Iterator[Firefox]:
    command = shutil.which("firefox-esr") or shutil.which("firefox")
    if command is None:
        missing("no firefox on this machine: install it for the test of the page in it")
    profile = tmp_path / "profile"
    profile.mkdir()
    with running_firefox(command, profile) as running:
        yield running


def test_a_file_is_sent_followed_in_two_tabs_and_looked_into(firefox: Firefox, stack: Stack, tmp_path: Path) -> None:
    def expect(script: str, wanted: object, *values: str, ms: int = WAIT_MS) -> None:
        wait_until(lambda: firefox.run(script, *values) == wanted, ms / 1_000, what=f"{wanted} by {script}")

    file = tmp_path / unique("Umsätze 报告.csv")
    file.write_text("city,people\nUlm,126000\n")
    first = firefox.tab()
    firefox.go(stack.page_url)
    expect(CONNECTION, "live")
    second = firefox.new_tab()
    firefox.go(stack.page_url)
    expect(CONNECTION, "live")
    firefox.choose("#file", file)
    for tab in (second, first):
        firefox.switch(tab)
        expect(STATE, "completed", file.name, ms=JOB_MS)
    firefox.run(OPEN, file.name)
    expect(DONE, list(STAGES))
    firefox.click(".artifacts button")
    wait_until(lambda: '"sha256"' in str(firefox.run(PREVIEWS)), WAIT_MS / 1_000, what="the preview")
