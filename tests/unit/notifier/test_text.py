import pytest

from notifier.text import describe
from tests.samples import one_of_each

LINES = {
    "job.queued": None,
    "upload.progressed": "file: 报告 final.csv: upload: 50 %",
    "job.started": None,
    "stage.started": "file: 报告 final.csv: stage 2/5 identify: begin",
    "stage.progressed": "file: 报告 final.csv: stage 2/5 identify: 43 %",
    "stage.completed": "file: 报告 final.csv: stage 2/5 identify: end",
    "stage.failed": "file: 报告 final.csv: stage 2/5 identify: failed: no such luck",
    "job.retrying": "file: 报告 final.csv: retrying at 19:30:51 UTC: no luck",
    "job.completed": "file: 报告 final.csv: finished",
    "job.failed": "file: 报告 final.csv: failed: no such luck",
    "job.cancelled": "file: 报告 final.csv: cancelled",
}


@pytest.mark.parametrize(("kind", "line"), LINES.items())
def test_an_event_in_words(kind: str, line: str | None) -> None:
    assert describe(one_of_each()[kind]) == line


def test_every_type_has_its_words() -> None:
    assert LINES.keys() == one_of_each().keys()


def test_a_hostile_name_stays_on_its_line() -> None:
    line = describe(one_of_each("a\n\ndata: b\x1b[31m\u2028c")["job.completed"])
    assert line == "file: a data: b [31m c: finished"
