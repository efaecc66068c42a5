"""The page's fold against the services' own, `contracts/snapshot.py`: field by field, after each event.

`readJob` of a Python snapshot says what the page would have got from the notifier at that moment.
"""

import json
from itertools import count
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from contracts.events import EVENT, encode
from contracts.snapshot import JobSnapshot, fold
from tests.samples import one_of_each
from tests.unit.contracts.test_snapshot import CASES, complete
from tests.unit.web.page_code import PageCode, Wire

STAGES = ("read", "sort", "write")


def told(events: list[Wire]) -> list[Wire]:
    """The job's snapshot after each event, as the notifier would send it."""
    job: JobSnapshot | None = None
    snapshots = []
    for event in events:
        job = fold(job, EVENT.validate_python(event))
        assert job is not None
        snapshots.append(job.model_dump(mode="json", exclude_none=True))
    return snapshots


def assert_they_agree(page: PageCode, events: list[Wire]) -> None:
    snapshots = told(events)
    for number, snapshot in enumerate(snapshots, 1):
        assert page.job(events[:number]) == page.job([], start=snapshot), f"after {number} events"
    last = page.job([], start=snapshots[-1])
    for number, snapshot in enumerate(snapshots, 1):
        assert page.job(events[number:], start=snapshot) == last, f"from the snapshot after {number} events"


@pytest.mark.parametrize("case", CASES, ids=[case["name"] for case in CASES])
def test_a_sequence_of_events(page: PageCode, case: dict[str, Any]) -> None:
    assert_they_agree(page, [complete(event) for event in case["events"]])


@pytest.mark.parametrize("kind", sorted(one_of_each().keys() - {"upload.progressed"}))
def test_any_event_alone_is_enough(page: PageCode, kind: str) -> None:
    assert_they_agree(page, [json.loads(encode(one_of_each()[kind]))])


def test_an_event_of_a_type_that_is_not_known_changes_nothing(page: PageCode) -> None:
    (queued, *_) = CASES[0]["events"]
    praised = {**complete(queued), "type": "job.praised"}
    assert page.job([praised]) is None
    assert page.job([complete(queued), praised]) == page.job([complete(queued)])


SNAPSHOT = """{
  "job": {"id": "01a20bbc-322f-705e-8f23-50c7105c12ff", "name": "a.csv", "size": 3, "pipeline": "any", "owner": "a"},
  "state": "failed", "attempt": 2, "sequence": 9, "overall": 0.5, "reason": "no luck", "unheard-of": 1,
  "stages": [{"name": "read", "state": "completed", "progress": 1.0, "message": "all of it", "attempt": 2,
              "started_at": "2026-11-23T19:00:02Z", "seconds": 2.0}, {"state": "pending"}],
  "artifacts": [{"name": "a.txt", "size": 1, "media_type": "text/plain"}],
  "queued_at": "2026-11-23T19:00:00Z", "started_at": "2026-11-23T19:00:01Z", "retry_at": "2026-11-23T19:00:08Z",
  "heard_at": "2026-11-23T19:00:06.5Z", "ended_at": "2026-11-23T19:00:06Z", "seconds": 5.0
}"""
AS_THE_PAGE_HAS_IT = """{
  "id": "01a20bbc-322f-705e-8f23-50c7105c12ff", "name": "a.csv", "size": 3, "pipeline": "any", "owner": "a",
  "state": "failed", "attempt": 2, "sequence": 9, "overall": 0.5, "reason": "no luck",
  "stages": [{"name": "read", "state": "completed", "progress": 1.0, "message": "all of it", "attempt": 2,
              "startedAt": 1795460402000, "seconds": 2.0},
             {"name": "", "state": "pending", "progress": 0, "message": ""}],
  "artifacts": [{"name": "a.txt", "size": 1, "media_type": "text/plain"}],
  "queuedAt": 1795460400000, "startedAt": 1795460401000, "retryAt": 1795460408000,
  "heardAt": 1795460406500, "endedAt": 1795460406000, "seconds": 5.0
}"""


def test_every_field_of_a_snapshot(page: PageCode) -> None:
    assert page.job([], start=json.loads(SNAPSHOT)) == json.loads(AS_THE_PAGE_HAS_IT)


@st.composite
def stories(draw: st.DrawFn) -> list[Wire]:
    """Events of one job in any order, also such as no processor tells: some missing, some old, some again."""
    seconds = count()
    facts = draw(st.lists(st.one_of(_FACTS), min_size=1, max_size=12))
    return [
        complete({"type": kind, "time": f"2026-11-23T19:00:{next(seconds):02}.5Z", "data": data})
        for kind, data in facts
    ]


def _facts(*kinds: str, **data: st.SearchStrategy[Any]) -> st.SearchStrategy[tuple[str, Wire]]:
    place = {"attempt": st.integers(1, 3), "sequence": st.integers(0, 9)}
    return st.tuples(st.sampled_from(kinds), st.fixed_dictionaries({**place, **data}))


_PARTS = st.sampled_from((0, 0.25, 0.5, 1))
_ARTIFACTS = st.lists(
    st.builds(
        lambda name, size: {"name": name, "size": size, "media_type": "text/plain"}, st.sampled_from("ab"), _PARTS
    ),
    max_size=2,
).map(lambda made: [{**artifact, "size": int(artifact["size"] * 4)} for artifact in made])
_STAGE = st.builds(
    lambda index, length: {"name": STAGES[index], "index": index, "count": index + length},
    st.integers(0, 2),
    st.integers(1, 2),
)
_REASON = st.sampled_from(("no luck", "no memory"))
_AT = {"stage": _STAGE, "overall": _PARTS}
_FACTS = (
    _facts("job.queued", "job.cancelled"),
    _facts("job.started", stages=st.lists(st.sampled_from(STAGES), unique=True)),
    _facts("stage.started", **_AT),
    _facts("stage.progressed", **_AT, progress=_PARTS, message=st.sampled_from(("", "half"))),
    _facts("stage.completed", **_AT, seconds=_PARTS, artifacts=_ARTIFACTS),
    _facts("stage.failed", **_AT, seconds=_PARTS, reason=_REASON),
    _facts("job.retrying", reason=_REASON, retry_at=st.just("2026-11-23T19:30:00Z")),
    _facts("job.completed", seconds=_PARTS, artifacts=_ARTIFACTS),
    _facts("job.failed", reason=_REASON),
)


@given(story=stories())
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_is_told_they_agree(page: PageCode, story: list[Wire]) -> None:
    assert_they_agree(page, story)


def test_an_upload_is_no_job_yet(page: PageCode) -> None:
    assert page.job([json.loads(encode(one_of_each()["upload.progressed"]))]) is None
