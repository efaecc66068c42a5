"""The types of the page's modules, checked by the TypeScript compiler: as they are, and as another page uses them."""

import json
import subprocess
from pathlib import Path
from shutil import copy, copytree, ignore_patterns

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


NAMES = ("Artifact", "Connection", "Job", "Options", "Problem", "Stage", "Told")
AGREEMENT = """
import type * as Code from "./code/stagecast.js";
import type * as Published from "./published/stagecast.js";

type Bare<T> = { [K in keyof T]: T[K] };  // without what is private
type Same<A, B> = [A, keyof A, B, keyof B] extends [B, keyof B, A, keyof A] ? true : false;
type Call<F extends (...told: any[]) => unknown> = Required<Parameters<F>>;

export const client: Same<Bare<Code.Client>, Bare<Published.Client>> = true;
export const upload: Same<Call<Code.Client["upload"]>[1], Call<Published.Client["upload"]>[1]> = true;
export const names: Same<Exclude<keyof typeof Code, "Client">, keyof typeof Published> = true;
export const connect: Same<Call<typeof Code.connect>, Call<typeof Published.connect>> = true;
export const fold: Same<typeof Code.fold, typeof Published.fold> = true;
export const isTerminal: Same<typeof Code.isTerminal, typeof Published.isTerminal> = true;
export const readJob: Same<typeof Code.readJob, typeof Published.readJob> = true;
"""


def complaints(folder: Path, *files: Path, **options: bool) -> str:
    if not COMPILER.exists():
        missing("no TypeScript compiler: run `make node`")
    config = folder / "tsconfig.json"
    config.write_text(json.dumps({"compilerOptions": OPTIONS | options, "files": [str(file) for file in files]}))
    return subprocess.run([COMPILER, "-p", config], check=False, capture_output=True, text=True).stdout


def test_the_modules_keep_to_their_types(tmp_path: Path) -> None:
    assert complaints(tmp_path, *sorted(WEB.glob("*.js"))) == ""


def test_another_page_may_rely_on_them(tmp_path: Path) -> None:
    page = tmp_path / "page.ts"
    page.write_text(OTHER_PAGE % WEB)
    assert complaints(tmp_path, page, allowJs=False, checkJs=False) == ""


@pytest.mark.parametrize(
    "change",
    [
        None,
        ("  owner?: string;\n  attempt", "  attempt"),
        ("retry(id: string)", "retry(id: number)"),
        ('| "expired"', ""),
        ("  key?: string;\n", ""),
        ("  cancel(id: string): Promise<void>;\n", ""),
    ],
)
def test_the_types_say_what_the_code_does(tmp_path: Path, change: tuple[str, str] | None) -> None:
    """And a word too few in them is found."""
    code, published = tmp_path / "code", tmp_path / "published"
    copytree(WEB, code, ignore=ignore_patterns("stagecast.d.ts", "*.css", "*.html", "*.svg"))
    published.mkdir()
    copy(WEB / "events.d.ts", published)
    types = (WEB / "stagecast.d.ts").read_text()
    assert change is None or types.count(change[0]) == 1
    (published / "stagecast.d.ts").write_text(types.replace(*change) if change else types)
    agreement = tmp_path / "agreement.ts"
    same = "".join(f"export const same{name}: Same<Code.{name}, Published.{name}> = true;\n" for name in NAMES)
    agreement.write_text(AGREEMENT + same)
    found = complaints(tmp_path, agreement)
    assert "agreement.ts" in found if change else found == ""


@pytest.mark.parametrize("misuse", MISUSES)
def test_a_misuse_is_found(tmp_path: Path, misuse: str) -> None:
    page = tmp_path / "page.ts"
    page.write_text(OTHER_PAGE % WEB + misuse)
    assert "page.ts" in complaints(tmp_path, page, allowJs=False, checkJs=False)
