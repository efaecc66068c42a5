"""Who has the page open, and what they give it."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from uuid import uuid4

from playwright.sync_api import BrowserContext, Error, FilePayload, Locator, Page, Request, expect

STAGES = ("checksum", "identify", "analyse", "compress", "report")
JOB_MS = 90_000  # a job's five processes start on a machine that is busy with other tests
WAIT_MS = 20_000  # all that is not a job
OPENINGS = 5
NETWORK_CHANGED = "net::ERR_NETWORK_CHANGED"


class Visitor:
    """A person with the page open, in a browser profile of their own."""

    def __init__(self, context: BrowserContext) -> None:
        self.context = context
        self.page: Page = context.new_page()
        self.complaints: list[str] = []  # what the browser's console holds against the page, CSP violations included
        self.page.on("console", lambda line: self.complaints.append(line.text) if line.type == "error" else None)
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))

    def open(self, url: str) -> None:
        """Again, if a network interface came or went meanwhile, as containers' do: Chromium then drops all it loads."""
        for _ in range(OPENINGS):
            with self._dropped() as dropped:
                self.page.goto(url)
            if not dropped:
                break
            self.complaints.clear()
        self.expect_connection("live")

    @contextmanager
    def _dropped(self) -> Iterator[list[str]]:
        """What the page asked for and Chromium dropped."""
        dropped: list[str] = []

        def note(request: Request) -> None:
            if request.failure == NETWORK_CHANGED:
                dropped.append(request.url)

        self.page.on("requestfailed", note)
        try:
            yield dropped
        except Error as error:
            if NETWORK_CHANGED not in str(error):
                raise
            dropped.append("the page itself")
        self.page.remove_listener("requestfailed", note)

    def expect_connection(self, connection: str) -> None:
        expect(self.page.locator("body")).to_have_attribute("data-connection", connection, timeout=WAIT_MS)

    def choose(self, *files: FilePayload) -> None:
        self.page.get_by_label("Choose files").set_input_files(list(files))

    def job(self, name: str) -> Locator:
        heading = self.page.get_by_role("heading", name=name, exact=True)
        return self.page.locator("[data-job]").filter(has=heading)

    def open_job(self, name: str) -> Locator:
        """Go to its own view."""
        self.page.get_by_role("link", name=name, exact=True).click()
        return self.job(name)

    def upload(self, name: str) -> Locator:
        return self.page.locator("[data-upload]").filter(has_text=name)

    def expect_completed(self, name: str, stages: tuple[str, ...] = STAGES) -> None:
        job = self.job(name)
        expect(job).to_have_attribute("data-state", "completed", timeout=JOB_MS)
        expect(job.locator("[data-stage]")).to_have_count(len(stages))
        for stage in stages:
            expect(job.locator(f'[data-stage="{stage}"]')).to_have_attribute("data-state", "completed")


Visit = Callable[..., Visitor]


def text_file(name: str, text: str = "Some words.\n") -> FilePayload:
    return {"name": name, "mimeType": "text/plain", "buffer": text.encode()}


def unique(name: str) -> str:
    """A file name that no other test has used: all of them share the services."""
    return f"{uuid4().hex[:8]} {name}"
