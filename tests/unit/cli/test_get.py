from pathlib import Path

import pytest

from cli.errors import CannotDoError
from cli.get import named, place
from tests.samples import job_after, one_of_each


def test_an_artifact_that_is_not_there_names_those_that_are() -> None:
    job = job_after(one_of_each("a.csv")["job.completed"])
    assert named(job, "report.html").size == 12
    with pytest.raises(CannotDoError, match=r"a.csv has no artifact 'x': it has report.html"):
        named(job, "x")
    with pytest.raises(CannotDoError, match="none so far, and is queued"):
        named(job_after(one_of_each("a.csv")["job.queued"]), "x")


def test_where_it_goes(tmp_path: Path) -> None:
    assert place("", "report.html") == Path("report.html")
    assert place("mine.html", "report.html") == Path("mine.html")
    assert place(str(tmp_path), "report.html") == tmp_path / "report.html"
    assert place("new/", "report.html") == Path("new/report.html")
