from datetime import timedelta

import pytest

from processor import Pipeline, Stage
from processor.catalogue import load_catalogue, load_pipeline
from processor.errors import BadPipelineError


def one(stage: Stage) -> None: ...


def two(stage: Stage) -> None: ...


async def later(stage: Stage) -> None: ...


def nothing() -> None: ...


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
    pipeline = Pipeline("p")
    pipeline.stage()(one)
    for function, words in ((one, "has that name"), (later, "write it as `def`"), (nothing, "one parameter")):
        with pytest.raises(BadPipelineError, match=words):
            pipeline.stage()(function)  # type: ignore[arg-type]
    with pytest.raises(BadPipelineError, match="weight"):
        pipeline.stage(weight=0)(two)
    with pytest.raises(BadPipelineError, match="pipeline name"):
        Pipeline("../x")


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
