from cli.lines import lines
from contracts.events import Event
from contracts.snapshot import JobSnapshot
from tests.samples import a_story, job_after, one_of_each


def told(events: list[Event]) -> list[str]:
    job: JobSnapshot | None = None
    said: list[str] = []
    for event in events:
        after = job_after(event, job)
        said += lines(job, after)
        job = after
    return said


def test_a_job_from_its_start_to_its_end() -> None:
    assert told(a_story(progress=4)) == [
        "story.csv: stage 1/1 read: begin",
        "story.csv: stage 1/1 read: 25 % 1",
        "story.csv: stage 1/1 read: 50 % 2",
        "story.csv: stage 1/1 read: 75 % 3",
        "story.csv: stage 1/1 read: 100 % 4",
        "story.csv: stage 1/1 read: end after 1.0 s",
        "story.csv: finished after 1.0 s",
    ]


def test_small_steps_are_no_news() -> None:
    assert len([line for line in told(a_story(progress=1000)) if " % " in line]) == 10


def test_another_attempt_says_so() -> None:
    said = told([*a_story(ends=""), *a_story(attempt=2)])
    assert said.count("story.csv: stage 1/1 read: begin") == 2
    assert "story.csv: attempt 2 runs" in said


def test_who_comes_in_the_middle_hears_where_it_is() -> None:
    event = one_of_each("a.csv")["stage.progressed"]
    assert lines(None, job_after(event)) == ["a.csv: stage 2/5 identify: 43 %"]


def test_a_failure_says_why() -> None:
    assert lines(None, job_after(one_of_each("a.csv")["job.failed"])) == ["a.csv: failed: no such luck"]


def test_a_name_cannot_reach_the_terminal() -> None:
    [line] = lines(None, job_after(one_of_each("a\x1b[2Jb")["job.cancelled"]))
    assert line == "ab: cancelled"
