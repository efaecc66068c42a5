"""Runs stages of `inspect` on real files, as the service would, and keeps what they say."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from obstore.store import LocalStore

from contracts.blobs import artifact_key
from processor.inspection import inspect
from processor.inspection.analysers import analyse_content
from processor.inspection.identity import identify
from processor.inspection.stages import tell_analysis
from processor.stage import Found, Progress, Saved, Source, Stage
from processor.workplace import Told

JOB = "01939d5c-1111-7222-8333-123456789abc"
MAX_FACTS_BYTES = 4000


@dataclass
class Inspected:
    """What the stages told about one file."""

    store: LocalStore
    facts: dict[str, dict[str, Any]] = field(default_factory=dict)
    progress: dict[str, list[Progress]] = field(default_factory=dict)
    artifacts: dict[str, int] = field(default_factory=dict)

    def read(self, name: str) -> bytes:
        return bytes(self.store.get(artifact_key(JOB, name)).bytes())

    @property
    def analysis(self) -> dict[str, Any]:
        found = json.loads(self.read("analysis.json"), parse_constant=refuse_constant)
        assert isinstance(found, dict)
        return found

    @property
    def detail(self) -> dict[str, Any]:
        detail = self.analysis["detail"]
        assert isinstance(detail, dict)
        return detail

    def column(self, name: str) -> dict[str, Any]:
        found = [column for column in self.detail["columns"] if column["name"] == name]
        assert len(found) == 1, [column["name"] for column in self.detail["columns"]]
        profile = found[0]
        assert isinstance(profile, dict)
        return profile

    @property
    def problem(self) -> str:
        return str(self.facts["analyse"].get("problem", ""))

    @property
    def page(self) -> str:
        return self.read("report.html").decode()


Inspect = Callable[..., Inspected]


def refuse_constant(constant: str) -> None:
    raise AssertionError(f"{constant} is no JSON")


def run(path: Path, folder: Path, *, name: str | None = None, stages: tuple[str, ...] = ()) -> Inspected:
    """Run all stages, or some, on the file at `path`; each has what the earlier ones told."""
    inspected = Inspected(LocalStore(prefix=folder / "blobs", mkdir=True))
    source = Source(path, name or path.name, path.stat().st_size)
    for plan in inspect.stages:
        if stages and plan.name not in stages:
            continue
        workdir = folder / plan.name
        workdir.mkdir(parents=True)
        told: list[Told] = []
        stage = Stage(source, workdir, JOB, inspected.store, told.append, dict(inspected.facts))
        plan.function(stage)
        stage.flush()
        _keep(inspected, plan.name, told)
    return inspected


def look(path: Path, folder: Path, *, name: str) -> Inspected:
    """What `analyse` does, in this process: risky parsers are not put apart, which takes a moment each."""
    inspected = Inspected(LocalStore(prefix=folder / "blobs", mkdir=True))
    told: list[Told] = []
    stage = Stage(Source(path, name, path.stat().st_size), folder, JOB, inspected.store, told.append)
    tell_analysis(stage, analyse_content(stage, identify(path, name), apart=False))
    stage.flush()
    _keep(inspected, "analyse", told)
    return inspected


def _keep(inspected: Inspected, name: str, told: list[Told]) -> None:
    facts: dict[str, Any] = {}
    for message in told:
        match message:
            case Found():
                facts |= message.facts
            case Saved():
                inspected.artifacts[message.artifact.name] = message.artifact.size
            case Progress():
                inspected.progress.setdefault(name, []).append(message)
    assert len(json.dumps(facts, allow_nan=False)) < MAX_FACTS_BYTES
    inspected.facts[name] = facts
