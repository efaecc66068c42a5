"""The built-in pipeline on files that nobody should have sent: it says what it found, and goes on."""

import io
from pathlib import Path

import pytest
from aio_pika.abc import AbstractChannel
from pypdf import PdfWriter

from contracts.topology import DEAD_JOBS
from tests.integration.conftest import Listener
from tests.integration.test_processor import submit
from tests.services import running_processor
from tests.unit.inspection.files import image, png_bomb, zipped


def locked_pdf() -> bytes:
    writer, out = PdfWriter(), io.BytesIO()
    writer.add_blank_page(200, 200)
    writer.encrypt("secret")
    writer.write(out)
    return out.getvalue()


ODD_FILES = {
    "empty": b"",
    "corrupt image": image()[:60] + b"\0" * 200,
    "image bomb": png_bomb(),
    "zip bomb": zipped({"zeros": bytes(80_000_000)}),
    "table with broken rows": b"name,count\n" + b"one,1\n" * 50 + b"two\nthree,3,3\n" + b"four,4\n" * 50,
    "encrypted PDF": locked_pdf(),
}


@pytest.mark.parametrize("name", ODD_FILES)
async def test_an_odd_file_is_inspected_to_the_end(
    broker_url: str, blobs: Path, channel: AbstractChannel, events: Listener, name: str
) -> None:
    async with running_processor(broker_url, blobs.as_uri(), "processor.inspection:inspect"):
        job_id = await submit(channel, blobs, "inspect", ODD_FILES[name])
        told = await events.until("job.completed", "job.failed")
    assert told[-1].type == "job.completed"
    stages = [event.data.model_dump() for event in told if event.type == "stage.completed"]
    assert [stage["stage"]["name"] for stage in stages] == ["checksum", "identify", "analyse", "compress", "report"]
    made = {path.name for path in (blobs / "jobs" / job_id / "artifacts").iterdir()}
    assert {"checksums.json", "identity.json", "analysis.json", "content.zst", "report.html"} <= made
    facts = stages[2]["facts"]
    assert facts.get("problem") or facts.get("broken_rows") or facts.get("encrypted") or name == "empty", facts
    assert (await channel.declare_queue(DEAD_JOBS.name, passive=True)).declaration_result.message_count == 0
