"""Somebody's package with a pipeline, as an installer leaves it: a processor offers it without being told."""

from pathlib import Path

import pytest
from aio_pika.abc import AbstractChannel

from tests.integration.conftest import Listener
from tests.integration.test_processor import submit
from tests.services import running_processor

CODE = """
import asyncio
from processor import AsyncStage, Pipeline, Stage

installed = Pipeline("installed")

@installed.stage()
async def wait(stage: AsyncStage) -> None:
    await asyncio.sleep(0)
    await stage.save("name.txt", stage.source.name)

@installed.stage()
def work(stage: Stage) -> None:
    stage.facts(name=stage.artifact_path("name.txt").read_text())
"""


async def test_an_installed_pipeline_runs(
    broker_url: str,
    blobs: Path,
    channel: AbstractChannel,
    events: Listener,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    (tmp_path / "somebodys.py").write_text(CODE)
    metadata = tmp_path / "somebodys-1.0.dist-info"
    metadata.mkdir()
    (metadata / "METADATA").write_text("Metadata-Version: 2.1\nName: somebodys\nVersion: 1.0\n")
    (metadata / "entry_points.txt").write_text("[stagecast.pipelines]\ninstalled = somebodys:installed\n")
    monkeypatch.syspath_prepend(tmp_path)
    async with running_processor(broker_url, blobs.as_uri()):
        job_id = await submit(channel, blobs, "installed", b"x")
        told = await events.until("job.completed", "job.failed")
    assert events.told(job_id) == ["job.started", *["stage.started", "stage.completed"] * 2, "job.completed"]
    assert [event.data.facts for event in told if event.type == "stage.completed"] == [{}, {"name": "a.txt"}]
