"""What is drawn: one job with its stages, many as a table."""

import io
from datetime import timedelta

import pytest
from rich.console import Console, RenderableType
from uuid_utils import uuid7

from cli.job_view import job_view
from cli.jobs_table import in_order, jobs_table
from cli.lines import lines
from contracts.snapshot import JobSnapshot, StageState
from contracts.state import JobState
from tests.samples import a_job, a_story, job_after, one_of_each


def drawn(picture: RenderableType, width: int = 80) -> str:
    out = io.StringIO()
    Console(file=out, width=width, force_terminal=True, no_color=True, color_system=None).print(picture)
    return out.getvalue()


def at(kind: str, name: str = "报告 final.csv") -> JobSnapshot:
    return job_after(one_of_each(name)[kind])


@pytest.mark.parametrize("width", [60, 80, 120])
def test_stages_keep_to_their_lines(width: int) -> None:
    job = at("stage.progressed")
    said = drawn(job_view(job, now=job.heard_at), width)
    assert len(said.splitlines()) == 6  # the title, and five stages
    assert "running 25 %" in said
    assert "identify" in said


def test_a_running_stage_shows_how_far_it_is_and_what_it_does() -> None:
    job = at("stage.progressed")
    [line] = [line for line in drawn(job_view(job, now=job.heard_at)).splitlines() if "identify" in line]
    assert "▸" in line
    assert "43 %" in line
    assert "431 MB of 1 GB" in line


def test_a_job_that_is_not_heard_of_is_stalled() -> None:
    job = at("stage.progressed")
    later = job.heard_at + timedelta(seconds=40)
    assert "stalled: last heard 40 s ago" in drawn(job_view(job, now=later))
    assert "stalled" not in drawn(job_view(at("job.completed"), now=later))
    table = drawn(jobs_table([job], now=later))
    assert "stalled" in table
    assert "silent 40 s" in table


def test_what_a_name_holds_is_neither_markup_nor_an_escape() -> None:
    job = at("job.completed", "[bold]x[/] \x1b]0;title\x07.csv")
    for picture in (job_view(job, now=job.heard_at), jobs_table([job], now=job.heard_at)):
        said = drawn(picture)
        assert "[bold]x[/]" in said
        assert "\x1b" not in said


def test_the_id_that_other_commands_take_stands_before_the_name() -> None:
    job = at("stage.progressed")
    assert drawn(job_view(job, now=job.heard_at)).startswith(f"{job.job.id[-12:]}  报告 final.csv")


def test_all_that_was_made_is_named_in_a_narrow_terminal_too() -> None:
    job = at("job.completed")
    made = [
        artifact.model_copy(update={"name": f"a-long-name-{n}.json"}) for n in range(9) for artifact in job.artifacts
    ]
    said = drawn(job_view(job.model_copy(update={"artifacts": made}), now=job.heard_at), 60)
    assert said.count("a-long-name-") == len(made)


@pytest.mark.parametrize("width", [60, 120])
def test_what_an_error_says_in_many_lines_keeps_to_its_places(width: int) -> None:
    job = at("job.failed")
    words = "No room\n\nDebug source:\n\tGeneric {\n}"
    stages = tuple(stage.model_copy(update={"message": words, "state": StageState.FAILED}) for stage in job.stages)
    job = job.model_copy(update={"reason": words, "stages": stages})
    said = drawn(job_view(job, now=job.heard_at), width)
    assert len(said.splitlines()) == 2 + len(stages)  # the title, the reason
    assert "No room Debug source: Generic { }" in said
    assert "\n" not in lines(None, job)[0]
    assert len(drawn(jobs_table([job], now=job.heard_at, width=width), width).splitlines()) == 2


@pytest.mark.parametrize("live", [False, True])
@pytest.mark.parametrize("width", [60, 80, 120])
def test_a_table_keeps_to_its_width(width: int, live: bool) -> None:
    jobs = [at("job.failed", "长" * 100), job_after(a_story(str(uuid7()))[2])]
    lines = drawn(jobs_table(jobs, now=jobs[0].heard_at, width=width, live=live), width).splitlines()
    assert len(lines) == 3
    assert "failed" in lines[1]
    assert "running" in lines[2]
    assert "%" in lines[2]


def test_a_narrow_table_gives_its_room_to_the_names() -> None:
    jobs = [at("job.completed", "holiday film.mov")]
    head, line = drawn(jobs_table(jobs, now=jobs[0].heard_at, width=60), 60).splitlines()
    assert head.split() == ["ID", "FILE", "STATE", "SINCE"]
    assert "holiday film.mov" in line


def test_more_jobs_than_rows_are_counted() -> None:
    jobs = [job_after(a_story(str(uuid7()))[0]) for _ in range(9)]
    assert "and 6 more: `stagecast jobs`" in drawn(jobs_table(jobs, now=jobs[0].heard_at, rows=3))


def test_jobs_at_work_come_first_then_the_newest() -> None:
    ids = sorted(str(uuid7()) for _ in range(4))
    ended = [at("job.completed").model_copy(update={"job": a_job(job_id=job_id)}) for job_id in ids[:3]]
    running = job_after(a_story(ids[3])[0])
    old = ended[0].model_copy(update={"state": JobState.RUNNING})
    assert [job.job.id for job in in_order([*ended[1:], running, old])] == [ids[3], ids[0], ids[2], ids[1]]
