from collections.abc import Iterator
from datetime import timedelta
from functools import partial
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
