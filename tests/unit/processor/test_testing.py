"""The test kit, on small pipelines in real processes."""

import asyncio
from pathlib import Path

import pytest

from contracts.state import JobState
from processor import Pipeline, Stage
from processor.errors import BadPipelineError
from processor.testing import run_pipeline
from tests.pipelines import count, flaky, trouble


def test_a_pipeline_runs_to_its_end(tmp_path: Path) -> None:
    run = run_pipeline(count, b"x" * 10, tmp_path, name="报告.txt")
    assert (run.job.state, run.job.job.name) == (JobState.COMPLETED, "报告.txt")
    assert run.facts == {"measure": {"size": 10}, "repeat": {"earlier": 10}}
    assert {name: path.read_text() for name, path in run.artifacts.items()} == {"size.txt": "10", "copy.txt": "10"}
    assert [event.type for event in run.events][:: len(run.events) - 1] == ["job.started", "job.completed"]


async def test_it_fails_as_it_would(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_text("permanent")
    run = await asyncio.to_thread(run_pipeline, trouble, file, tmp_path)
    assert (run.job.state, run.job.reason) == (JobState.FAILED, "this file is beyond repair")


def test_it_is_tried_again_at_once(tmp_path: Path) -> None:
    run = run_pipeline(flaky, b"", tmp_path)
    assert (run.job.state, run.job.attempt) == (JobState.COMPLETED, 2)


def test_a_pipeline_that_no_process_can_import(tmp_path: Path) -> None:
    hidden = Pipeline("hidden")

    @hidden.stage()
    def work(stage: Stage) -> None: ...

    with pytest.raises(BadPipelineError, match=r"variable of the module .*test_testing"):
        run_pipeline(hidden, b"", tmp_path)
