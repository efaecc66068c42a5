from collections.abc import Iterator
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from processor import AsyncStage, Pipeline, Stage
from processor.catalogue import load_catalogue, load_pipeline
from processor.errors import BadPipelineError


def one(stage: Stage) -> None: ...


def two(stage: Stage) -> None: ...


async def later(stage: AsyncStage) -> None: ...


def nothing() -> None: ...


def by_keyword(*, stage: Stage) -> None: ...


def in_steps(stage: Stage) -> Iterator[int]:
    yield 1


def test_stages_are_in_order_with_their_plans() -> None:
    pipeline = Pipeline("p")
    pipeline.stage(timeout=timedelta(minutes=1), retries=2, weight=3)(one)
    pipeline.stage()(two)
    assert [stage.name for stage in pipeline.stages] == ["one", "two"]
    assert (pipeline.stages[0].retries, pipeline.stages[0].timeout) == (2, timedelta(minutes=1))


def test_overall_progress_weighs_the_stages() -> None:
    pipeline = Pipeline("p")
    pipeline.stage(weight=3)(one)
    pipeline.stage()(two)
    assert [pipeline.overall(0, 0), pipeline.overall(0, 0.5), pipeline.overall(1, 0)] == [0, 0.375, 0.75]
    assert pipeline.overall(1, 1) == 1


def test_a_wrong_pipeline_says_what_is_wrong() -> None:
    with pytest.raises(BadPipelineError, match="pipeline name"):
        Pipeline("../x")
    with pytest.raises(BadPipelineError, match="above 0"):
        Pipeline("p", timeout=timedelta(0))


@pytest.mark.parametrize(
    ("function", "words"),
    [
        (one, "has that name"),
        (nothing, "one parameter"),
        (by_keyword, "one parameter"),
        (in_steps, "yield"),
        (partial(two), "write it as a function"),
        (lambda stage: None, "write it as a function"),
    ],
)
def test_a_wrong_stage_says_what_is_wrong(function: Any, words: str) -> None:
    pipeline = Pipeline("p")
    pipeline.stage()(one)
    with pytest.raises(BadPipelineError, match=f"of pipeline 'p': .*{words}"):
        pipeline.stage()(function)


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"weight": 0}, "weight"),
        ({"weight": float("nan")}, "weight"),
        ({"retries": -1}, "retries"),
        ({"retries": 1.5}, "retries"),
        ({"timeout": timedelta(0)}, "timeout"),
        ({"timeout": 60}, "timeout"),
    ],
)
def test_a_wrong_setting_says_what_is_wrong(settings: dict[str, Any], words: str) -> None:
    with pytest.raises(BadPipelineError, match=words):
        Pipeline("p").stage(**settings)(two)


def test_a_stage_may_be_async() -> None:
    pipeline = Pipeline("p", timeout=timedelta(hours=1))
    pipeline.stage()(one)
    pipeline.stage()(later)
    assert [stage.is_async for stage in pipeline.stages] == [False, True]
    assert pipeline.timeout == timedelta(hours=1)


empty = Pipeline("empty")
not_a_pipeline = 7


@pytest.mark.parametrize(
    ("reference", "words"),
    [
        ("tests.pipelines", "module:object"),
        ("no.such.module:x", "cannot be imported"),
        ("tests.pipelines:nothing_here", "cannot be imported"),
        (f"{__name__}:empty", "no stage"),
        (f"{__name__}:not_a_pipeline", "is a int"),
    ],
)
def test_a_reference_that_leads_nowhere(reference: str, words: str) -> None:
    with pytest.raises(BadPipelineError, match=words):
        load_pipeline(reference)


def test_two_pipelines_of_one_name_are_refused() -> None:
    assert set(load_catalogue(("tests.pipelines:count", "tests.pipelines:slow"))) == {"count", "slow"}
    with pytest.raises(BadPipelineError, match="two pipelines"):
        load_catalogue(("tests.pipelines:count", "tests.pipelines:count"))


def install(folder: Path, package: str, *entry_points: str) -> None:
    """What an installer leaves of a package that has entry points."""
    metadata = folder / f"{package}-1.0.dist-info"
    metadata.mkdir()
    (metadata / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {package}\nVersion: 1.0\n")
    (metadata / "entry_points.txt").write_text("[stagecast.pipelines]\n" + "\n".join(entry_points) + "\n")


@pytest.fixture
def packages(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.syspath_prepend(tmp_path)
    return tmp_path


def test_installed_pipelines_are_offered_by_default_and_by_name(packages: Path) -> None:
    install(packages, "counting", "count = tests.pipelines:count", "flaky = tests.pipelines:flaky")
    assert set(load_catalogue()) == {"inspect", "count", "flaky"}
    assert set(load_catalogue(("flaky", "tests.pipelines:slow"))) == {"flaky", "slow"}
    assert load_catalogue(("count",))["count"].reference == "tests.pipelines:count"


def test_a_package_found_twice_is_one(packages: Path) -> None:
    install(packages, "counting", "count = tests.pipelines:count")
    install(packages, "again", "count = tests.pipelines:count")
    assert set(load_catalogue()) == {"inspect", "count"}


@pytest.mark.parametrize(
    ("entry_point", "wanted", "words"),
    [
        ("count = tests.pipelines:slow", "count", "'slow' is installed as 'count'"),
        ("inspect = tests.pipelines:count", "inspect", "two packages install a pipeline 'inspect'"),
        ("count = tests.pipelines:count", "other", r"no pipeline 'other' is installed \(there are: count, inspect\)"),
        ("count = tests.no_such_module:count", "count", "cannot be imported"),
    ],
)
def test_a_wrongly_installed_pipeline_says_what_is_wrong(
    packages: Path, entry_point: str, wanted: str, words: str
) -> None:
    install(packages, "counting", entry_point)
    with pytest.raises(BadPipelineError, match=words):
        load_catalogue((wanted,))


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("1 /", "SyntaxError"),
        ("raise RuntimeError('no licence')", "cannot be imported: RuntimeError: no licence"),
        ("raise SystemExit('no licence')", "cannot be imported: SystemExit: no licence"),
        ("from processor import Pipeline\nx = Pipeline('X')", "pipeline name 'X'"),
    ],
)
def test_a_module_that_cannot_be_imported_says_why(packages: Path, code: str, words: str) -> None:
    (packages / "wrong_pipeline.py").write_text(code)
    with pytest.raises(BadPipelineError, match=words):
        load_pipeline("wrong_pipeline:x")
