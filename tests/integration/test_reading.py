"""What docs/events.md says of reading it, run against a real notifier as it stands there."""

import asyncio
import re
import shutil
import sys
from pathlib import Path

import pytest
from aio_pika.abc import AbstractChannel

from tests.ground import missing
from tests.samples import a_story
from tests.services import running_notifier
from tests.streams import publish, until_figure

PAGE = (Path(__file__).parents[2] / "docs" / "events.md").read_text(encoding="utf-8")
THERE = "http://localhost:8001"


def curl(_: Path) -> list[str]:
    if shutil.which("curl") is None:
        missing("no curl on this machine")
    [line] = re.findall(r"^curl: `(curl .*)`$", PAGE, re.MULTILINE)
    return str(line).split()


def python(folder: Path) -> list[str]:
    [code] = re.findall(r"<!-- example: follow\.py -->\n```python\n(.*?)```", PAGE, re.DOTALL)
    (folder / "follow.py").write_text(code, encoding="utf-8")
    return [sys.executable, "-u", str(folder / "follow.py")]


@pytest.mark.parametrize("example", [curl, python])
async def test_an_example_hears_a_job_to_its_end(
    example: object, broker_url: str, channel: AbstractChannel, tmp_path: Path
) -> None:
    assert callable(example)
    command: list[str] = example(tmp_path)
    async with running_notifier(broker_url, store_url=tmp_path.as_uri()) as url:
        script = tmp_path / "follow.py"
        if script.exists():
            script.write_text(script.read_text().replace(THERE, url))
        told = [word.replace(THERE, url) for word in command]
        process = await asyncio.create_subprocess_exec(*told, stdout=asyncio.subprocess.PIPE)
        assert process.stdout is not None
        try:
            await until_figure(url, "stagecast_notifier_streams", 1)
            await publish(channel, *a_story())
            async with asyncio.timeout(60):
                heard = b""
                while b"job.completed" not in heard:
                    heard += await process.stdout.readline()
        finally:
            process.kill()
            await process.communicate()
    assert b"story.csv" in heard
    assert heard.index(b"job.started") < heard.index(b"stage.completed") < heard.index(b"job.completed")
