"""All jobs that the page knows: what a snapshot leaves of them, and which go when there are too many."""

from typing import Any

from tests.unit.web.page_code import NOW, PageCode, Wire

STAGES = ("checksum", "identify")
MINUTE = 60_000


def job_id(number: int) -> str:
    """A UUID of version 7; a higher number is a later one."""
    return f"{number:08x}-0000-7000-8000-000000000000"


def about(number: int) -> Wire:
    return {"id": job_id(number), "name": "a.csv", "size": 1, "pipeline": "inspect"}


def event(type: str, *, number: int = 1, attempt: int = 1, sequence: int, **data: Any) -> tuple[str, Wire, int]:
    fact = {"job": about(number), "attempt": attempt, "sequence": sequence, **data}
    return "apply", {"type": type, "time": "2026-11-23T19:30:51.576Z", "data": fact}, NOW


def told(number: int, state: str = "running", *, sequence: int = 5, **more: Any) -> Wire:
    times = {"queued_at": "2026-11-23T19:30:00Z", "heard_at": "2026-11-23T19:30:51Z"}
    return {"job": about(number), "state": state, "attempt": 1, "sequence": sequence, **times, **more}


def snapshot(*jobs: Wire, at: int = NOW) -> tuple[str, list[Wire], int]:
    return "replace", list(jobs), at


def accepted(number: int) -> tuple[str, Wire, int]:
    return "accept", about(number), NOW


def numbers(answer: Wire) -> list[int]:
    return sorted(int(job["id"][:8], 16) for job in answer["jobs"])


def test_a_snapshot_takes_the_place_of_what_was_known(page: PageCode) -> None:
    answer = page.jobs(
        event("job.queued", number=1, sequence=0),
        event("job.queued", number=2, sequence=0),
        snapshot(told(3, "completed"), told(2)),
    )
    assert {job["id"]: job["state"] for job in answer["jobs"]} == {job_id(2): "running", job_id(3): "completed"}
    assert set(answer["changes"][-1]) == {job_id(1), job_id(2), job_id(3)}  # what is to be drawn anew


def test_events_after_a_snapshot_fold_onto_it(page: PageCode) -> None:
    answer = page.jobs(
        snapshot(told(1, sequence=5)),
        event("job.failed", sequence=5, reason="not newer"),
        event("job.completed", sequence=6, seconds=2),
    )
    assert answer["changes"][1:] == [[], [job_id(1)]]
    assert answer["jobs"][0]["state"] == "completed"


def test_a_job_never_goes_back_to_an_older_snapshot(page: PageCode) -> None:
    answer = page.jobs(event("job.completed", sequence=9, seconds=2), snapshot(told(1, sequence=5)))
    assert [job["state"] for job in answer["jobs"]] == ["completed"]


def test_a_snapshot_as_new_as_what_is_known_fills_its_gaps(page: PageCode) -> None:
    stage = {"name": "identify", "index": 1, "count": 2}
    joined = event("stage.started", sequence=5, stage=stage, overall=0.5)
    stages = [{"name": "checksum", "state": "completed", "seconds": 1.5}, {"name": "identify", "state": "running"}]
    answer = page.jobs(joined, snapshot(told(1, sequence=5, stages=stages)))
    assert answer["jobs"][0]["stages"][0]["seconds"] == 1.5


def test_a_job_that_was_just_accepted_outlives_a_snapshot_that_is_older(page: PageCode) -> None:
    assert numbers(page.jobs(accepted(1), snapshot(told(2), at=NOW + 1))) == [1, 2]


def test_a_job_that_was_accepted_and_never_heard_of_goes_in_the_end(page: PageCode) -> None:
    assert numbers(page.jobs(accepted(1), snapshot(told(2), at=NOW + MINUTE))) == [2]


def test_a_job_that_was_accepted_and_heard_of_goes_with_a_snapshot(page: PageCode) -> None:
    assert numbers(page.jobs(accepted(1), event("job.queued", sequence=0), snapshot(told(2)))) == [2]


def test_a_job_waits_under_the_stages_of_its_pipeline(page: PageCode) -> None:
    stages = [{"name": name, "state": "completed"} for name in STAGES]
    for steps in (
        [accepted(2), event("job.started", sequence=1, stages=STAGES)],
        [accepted(2), snapshot(told(1, stages=stages))],
        [snapshot(told(3, "queued"), told(2, "queued"), told(1, stages=stages))],
    ):
        answer = page.jobs(*steps)
        (waiting, *_) = (job for job in answer["jobs"] if job["id"] == job_id(2))
        assert [(stage["name"], stage["state"]) for stage in waiting["stages"]] == [
            (name, "pending") for name in STAGES
        ]
        assert job_id(2) in answer["changes"][-1]


def test_of_too_many_jobs_the_oldest_finished_go_first(page: PageCode) -> None:
    steps = [
        event("job.queued", sequence=0, number=1),
        event("job.completed", sequence=9, number=2, seconds=1),
        event("job.completed", sequence=9, number=3, seconds=1),
        event("job.queued", sequence=0, number=4),
    ]
    answer = page.jobs(*steps, limit=3)
    assert numbers(answer) == [1, 3, 4]
    assert answer["changes"][-1] == [job_id(4), job_id(2)]


def test_of_a_snapshot_with_too_many_jobs_the_same_go(page: PageCode) -> None:
    jobs = [told(5), told(4, "completed"), told(3, "completed"), told(2), told(1)]
    assert numbers(page.jobs(snapshot(*jobs), limit=3)) == [1, 2, 5]
    assert numbers(page.jobs(snapshot(*jobs), limit=2)) == [2, 5]
