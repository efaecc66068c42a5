"""The page's JavaScript that has no DOM, run by Node and asked from Python."""

import json
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

WEB = Path(__file__).parents[3] / "gateway" / "web"
ANSWER = Path(__file__).parent / "answer.mjs"

Wire = dict[str, Any]  # an event or a snapshot as JSON has it
NOW = 4_000_000_000_000  # later than any event of a test


class PageCode:
    """One Node process; it answers in order."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process

    def job(self, events: list[Wire], *, start: Wire | None = None) -> Wire | None:
        """A job after events, without when they came to us."""
        job: Wire | None = self._ask("job", {"from": start, "events": events, "now": NOW})
        return job and {name: value for name, value in job.items() if name != "receivedAt"}

    def jobs(self, *steps: tuple[str, Any, int], limit: int = 200) -> Wire:
        """All jobs after steps: `("apply" | "replace" | "accept", what, when by our clock)`."""
        answer: Wire = self._ask("jobs", {"limit": limit, "steps": steps})
        return answer

    def frames(self, *pieces: str, cursor: str = "") -> Wire:
        """What a stream that comes in these pieces says."""
        answer: Wire = self._ask("frames", {"cursor": cursor, "pieces": pieces})
        return answer

    def call(self, module: str, name: str, *values: Any) -> Any:
        """What a function of a module returns."""
        return self._ask("call", {"module": module, "name": name, "values": values})

    def left(self, job: Wire, *others: Wire, now: int) -> float | None:
        """How many seconds a job has left, by what others took."""
        seconds: float | None = self._ask("left", {"job": job, "others": others, "now": now})
        return seconds

    def positions(self, *jobs: Wire) -> dict[str, int]:
        """How many jobs wait before each that waits."""
        ahead: dict[str, int] = self._ask("positions", {"jobs": jobs})
        return ahead

    def catalogues(self) -> dict[str, dict[str, str | list[str]]]:
        """The texts of each language."""
        texts: dict[str, dict[str, str | list[str]]] = self._ask("catalogues", {})
        return texts

    def _ask(self, name: str, question: Wire) -> Any:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps([name, question]) + "\n")
        self._process.stdin.flush()
        return json.loads(self._process.stdout.readline())


@contextmanager
def running_page_code(node: str, folder: Path) -> Iterator[PageCode]:
    """The modules in a folder of their own, where Node takes `.js` for modules as browsers do."""
    shutil.copytree(WEB, folder / "web")
    (folder / "package.json").write_text('{"type": "module"}')
    command = [node, str(ANSWER), str(folder / "web")]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, encoding="utf-8"
    ) as process:
        try:
            yield PageCode(process)
        finally:
            assert process.stdin is not None
            process.stdin.close()  # it then ends
