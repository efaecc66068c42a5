import json
from pathlib import Path
from typing import Any

import pytest

from contracts.events import EVENT, decode_event
from contracts.snapshot import JobSnapshot, fold
from tests.samples import one_of_each

CASES: list[dict[str, Any]] = json.loads((Path(__file__).parents[2] / "cases" / "snapshots.json").read_text())


def told(case: dict[str, Any]) -> list[JobSnapshot | None]:
    """The job after each of a case's events."""
    states: list[JobSnapshot | None] = [None]
    for event in case["events"]:
        states.append(fold(states[-1], EVENT.validate_python(complete(event))))
    return states[1:]


def complete(event: dict[str, Any]) -> dict[str, Any]:
    """A case's event with what all of them have in common."""
    job = {"id": "01a20bbc-322f-705e-8f23-50c7105c12ff", "name": "a.csv", "size": 3, "pipeline": "inspect"}
    return {"source": "/processors/test", "subject": job["id"], **event, "data": {"job": job, **event["data"]}}


@pytest.mark.parametrize("case", CASES, ids=[case["name"] for case in CASES])
def test_a_sequence_of_events(case: dict[str, Any]) -> None:
    last = told(case)[-1]
    assert last is not None
    found = last.model_dump(mode="json", exclude_none=True)
    assert {name: found.get(name) for name in case["expected"]} == case["expected"]


def test_an_upload_is_no_job_yet() -> None:
    events = one_of_each()
    assert fold(None, events["upload.progressed"]) is None
    job = fold(None, events["job.queued"])
    assert job is not None
    assert fold(job, events["upload.progressed"]) is job


@pytest.mark.parametrize("kind", sorted(one_of_each().keys() - {"upload.progressed"}))
def test_any_event_alone_is_enough(kind: str) -> None:
    event = one_of_each()[kind]
    job = fold(None, event)
    assert job is not None
    assert (job.attempt, job.sequence, job.heard_at) == (1, 7, event.time)
    assert JobSnapshot.model_validate_json(job.model_dump_json()) == job


def test_what_is_not_newer_changes_nothing() -> None:
    events = one_of_each()
    job = fold(None, events["job.completed"])
    assert job is not None
    for event in events.values():
        assert fold(job, decode_event(event.model_dump_json().encode())) is job
