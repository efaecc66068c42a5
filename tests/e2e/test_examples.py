"""What the documents show of reading and sending, run as it stands there against a whole Stagecast."""

import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Browser, Page

from tests.e2e.visitor import JOB_MS, unique
from tests.examples import aimed_at, example
from tests.ground import missing, wait_until
from tests.stack import PROJECT, Stack, clean_environment

SECONDS = 60
ODD = "\u2028"  # in a name; some take it for a line's end


def program(name: str, otherwise: Callable[[str], object] = missing) -> str:
    """Where it is on this machine."""
    return shutil.which(name) or str(otherwise(f"no {name} on this machine"))


def command(name: str, folder: Path, code: str) -> list[str]:
    """How an example is run."""
    path = folder / name
    path.write_text(code, encoding="utf-8")
    match path.suffix:
        case ".sh":
            for tool in set(re.findall("curl|openssl", code)):
                program(tool)
            return ["sh", str(path)]
        case ".py":
            return [sys.executable, "-u", str(path)]
        case ".mjs":
            return [program("node"), str(path)]
        case _:  # on no machine of CI, as the page says
            return [program("go", pytest.skip), "run", str(path)]


@contextmanager
def running(command: list[str], folder: Path) -> Iterator[Callable[[], str]]:
    """Yields what it has said so far."""
    said = folder / "said"
    environment = {**clean_environment(), "PYTHONPATH": str(PROJECT)}
    with (
        said.open("wb") as out,
        subprocess.Popen(
            command, cwd=folder, env=environment, stdout=out, stderr=out, start_new_session=True
        ) as process,
    ):
        try:
            yield lambda: said.read_text(encoding="utf-8", errors="replace")
            assert process.poll() is None, "it ended by itself"
        finally:
            os.killpg(process.pid, signal.SIGKILL)  # a shell and `go run` have children


@pytest.fixture(autouse=True)
def nobody_listens(stack: Stack) -> None:
    """No stream of a test before is still open, so that the next one is known."""
    wait_until(lambda: streams(stack) == 0, SECONDS, what="the end of all streams")


def streams(stack: Stack) -> float:
    """How many the notifier has open."""
    told = httpx.get(f"{stack.notifier_url}/metrics").text
    return float(next(line.split()[-1] for line in told.splitlines() if line.startswith("stagecast_notifier_streams ")))


def send(stack: Stack, name: str) -> None:
    httpx.post(f"{stack.gateway_url}/upload", files={"file": (name, b"a,b\n1,2\n")}).raise_for_status()


@pytest.mark.parametrize("name", ["follow.sh", "follow.py", "jobs.py", "follow.mjs", "follow.go"])
def test_it_hears_a_job_to_its_end(name: str, stack: Stack, tmp_path: Path) -> None:
    file = unique("heard.csv")
    told = command(name, tmp_path, aimed_at(stack, example("events.md", name)))
    with running(told, tmp_path) as said:
        wait_until(lambda: streams(stack) == 1, SECONDS, what="its stream")
        send(stack, ODD + file)
        ends = ("job.completed", "completed 100%")

        def has_ended() -> bool:
            return any(file in line and any(end in line for end in ends) for line in said().split("\n"))

        wait_until(has_ended, SECONDS, what=f"the job's end, told by {name}")


@pytest.fixture
def other_page(browser: Browser, stack: Stack) -> Iterator[Page]:
    """One without a script of ours, on an allowed origin; of this machine, else Chromium lets it ask nothing here."""
    context = browser.new_context(bypass_csp=True)
    page = context.new_page()
    page.goto(f"{stack.gateway_url}/livez")
    page.set_default_timeout(JOB_MS)
    yield page
    context.close()


def test_a_bare_page_hears_a_job(other_page: Page, stack: Stack) -> None:
    name = unique("bare.csv")
    with other_page.expect_console_message(lambda message: f"{name} job.completed" in message.text):
        other_page.add_script_tag(type="module", content=aimed_at(stack, example("events.md", "bare.js")))
        wait_until(lambda: streams(stack) == 1, SECONDS, what="its stream")
        send(stack, name)


def test_a_page_with_our_module_sends_follows_and_cancels(other_page: Page, stack: Stack) -> None:
    name = unique("large.bin")
    given = f"const file = new File([new Uint8Array(40_000_000)], {name!r});\n"
    faults: list[str] = []
    other_page.on("pageerror", lambda error: faults.append(str(error)))
    with (
        other_page.expect_console_message(lambda message: message.text == "sent 1"),
        other_page.expect_console_message(lambda message: message.text.startswith(f"{name} cancelled")),
    ):
        other_page.add_script_tag(type="module", content=given + aimed_at(stack, example("events.md", "page.js")))
    assert faults == []


@pytest.mark.parametrize("name", ["send.sh", "checked.sh", "resume.py", "resume.mjs"])
def test_it_sends_a_file(name: str, stack: Stack, tmp_path: Path) -> None:
    for file in ("a.csv", "b.csv"):
        (tmp_path / file).write_bytes(b"a,b\n1,2\n")
    (tmp_path / "node_modules").symlink_to(PROJECT / "tests/tus_client/node_modules")
    code, before = aimed_at(stack, example("uploads.md", name)), newest(stack)
    if name == "resume.mjs":  # what a page gets from its user
        code = 'const file = Object.assign(Buffer.from("a,b"), { name: "a.csv", type: "text/csv" });\n' + code
    told = command(name, tmp_path, code)
    ended = subprocess.run(told, cwd=tmp_path, check=False, timeout=SECONDS, capture_output=True, text=True)
    assert ended.returncode == 0, ended.stderr
    wait_until(lambda: newest(stack) > before, SECONDS, what=f"a job of {name}")


def newest(stack: Stack) -> str:
    """The id of the job that was sent last; ids rise."""
    jobs = httpx.get(f"{stack.notifier_url}/jobs?limit=1").json()["jobs"]
    return str(jobs[0]["job"]["id"]) if jobs else ""
