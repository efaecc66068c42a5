import hashlib
from datetime import UTC, datetime
from typing import Any

import pytest

from cli.dead_letter import read_letter
from contracts.events import encode
from contracts.job import Job, JobRequest
from tests.samples import JOB_ID

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
REQUEST = JobRequest(job=Job(id=JOB_ID, name="报告.txt", size=1, pipeline="count"), attempt=3, accepted_at=NOW)
DEATH = {"queue": "jobs.count", "reason": "delivery_limit", "count": 1, "time": NOW.replace(tzinfo=None)}


def test_a_job_that_a_processor_gave_up() -> None:
    letter = read_letter(encode(REQUEST), {"x-reason": "no\nnumber"}, NOW)
    assert letter.as_json() == {
        "id": JOB_ID,
        "reason": "no\nnumber",
        "died_at": "2026-11-24T12:00:00+00:00",
        "pipeline": "count",
        "name": "报告.txt",
        "attempt": 3,
        "readable": True,
        "bytes": len(encode(REQUEST)),
    }
    assert not letter.is_from_broker


def test_a_job_that_the_broker_gave_up() -> None:
    letter = read_letter(encode(REQUEST), {"x-death": [DEATH]}, None)
    assert letter.is_from_broker
    assert letter.died_at == NOW
    assert "never acknowledged" in letter.reason


@pytest.mark.parametrize(
    ("body", "headers", "pipeline"),
    [
        (b"", {}, None),
        (b"\xff\x00", {"x-death": [DEATH]}, "count"),
        (b"\xff\x00", {"x-death": [{**DEATH, "queue": "other"}]}, None),
        (b'{"version": 2, "job": {"pipeline": "count"}}', {}, "count"),
        (b'{"version": 2, "job": {"pipeline": 7}}', {}, None),
        (b'{"job": []}', {"x-death": 7}, None),
        (b"[" * 100_000, {"x-death": []}, None),
        (b"x" * 3_000_000, {"x-death": ["?"]}, None),
    ],
    ids=range(8),
)
def test_what_is_no_job(body: bytes, headers: dict[str, Any], pipeline: str | None) -> None:
    letter = read_letter(body, headers, None)
    assert (letter.request, letter.pipeline) == (None, pipeline)
    assert letter.id == hashlib.sha256(body).hexdigest()[:12]
    assert letter.as_json()["readable"] is False
