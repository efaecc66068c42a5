"""The types of the page's modules, checked by the TypeScript compiler: as they are, and as another page uses them."""

import json
import subprocess
from pathlib import Path

import pytest

from tests.ground import missing
from tests.unit.web.page_code import WEB

COMPILER = Path(__file__).parents[2] / "npm" / "node_modules" / ".bin" / "tsc"
OPTIONS = {
    "allowJs": True,
    "checkJs": True,
    "noEmit": True,
    "strict": True,
    "target": "es2023",
    "module": "esnext",
    "moduleResolution": "bundler",
    "lib": ["es2023", "dom", "dom.iterable", "dom.asynciterable"],
    "types": [],
}
OTHER_PAGE = """
import { connect, type Event, type Job } from "%s/stagecast.js";

const jobs = connect("https://stagecast.example/", { events: "/events" });
jobs.on("change", ({ jobs, gone }) => jobs.map((job: Job) => job.state === "completed" && gone.includes(job.id)));
jobs.on("connection", ({ state, retryAt }) => state === "live" || retryAt! > 0);
const sent = jobs.upload(new File([], "a.csv"), { onProgress: (share: number) => share.toFixed() });
sent.then(([{ id }]) => jobs.cancel(id));

export function say(event: Event): string {
  switch (event.type) {
    case "stage.progressed":
      return `${event.data.stage.name} ${event.data.progress}`;
    case "job.failed":
      return event.data.reason;
    default:
      return event.data.job.name;
  }
}
"""
MISUSES = ('jobs.on("chnage", () => 1);', "jobs.upload(7);", "(event: Event) => event.data.progress;")


def complaints(folder: Path, *files: Path) -> str:
    if not COMPILER.exists():
        missing("no TypeScript compiler: run `make node`")
    config = folder / "tsconfig.json"
    config.write_text(json.dumps({"compilerOptions": OPTIONS, "files": [str(file) for file in files]}))
    return subprocess.run([COMPILER, "-p", config], check=False, capture_output=True, text=True).stdout


def test_the_modules_keep_to_their_types(tmp_path: Path) -> None:
    assert complaints(tmp_path, *sorted(WEB.glob("*.js"))) == ""


def test_another_page_may_rely_on_them(tmp_path: Path) -> None:
    page = tmp_path / "page.ts"
    page.write_text(OTHER_PAGE % WEB)
    assert complaints(tmp_path, page) == ""


@pytest.mark.parametrize("misuse", MISUSES)
def test_a_misuse_is_found(tmp_path: Path, misuse: str) -> None:
    page = tmp_path / "page.ts"
    page.write_text(OTHER_PAGE % WEB + misuse)
    assert "page.ts" in complaints(tmp_path, page)
