from typing import Any

import pytest
from structlog.testing import capture_logs

from processor.stage_log import MAX_LINES, MAX_VALUE_LENGTH, MAX_VALUES, Logged, StageLog, write


@pytest.fixture
def told() -> list[Logged]:
    return []


@pytest.fixture
def log(told: list[Logged]) -> StageLog:
    return StageLog(told.append)


def test_lines_have_a_level_and_values(log: StageLog, told: list[Logged]) -> None:
    log.debug("a")
    log.info("b", rows=3, share=0.5, good=True, nothing=None, name="报告")
    log.warning("c", path=["x"])
    log.error("d\udcff")
    assert told == [
        Logged("debug", "a", {}),
        Logged("info", "b", {"rows": 3, "share": 0.5, "good": True, "nothing": None, "name": "报告"}),
        Logged("warning", "c", {"path": "['x']"}),
        Logged("error", "d?", {}),
    ]


def test_a_line_is_bounded(log: StageLog, told: list[Logged]) -> None:
    values: dict[str, Any] = {f"v{number}": "x" * 100_000 for number in range(100)}
    log.info("e" * 100_000, **values)
    [line] = told
    assert len(line.values) == MAX_VALUES
    assert {len(value) for value in line.values.values()} == {MAX_VALUE_LENGTH + 1}
    assert len(line.event) < 300


def test_a_flood_ends_with_a_word(log: StageLog, told: list[Logged]) -> None:
    for number in range(MAX_LINES * 3):
        log.info("again", number=number)
    assert len(told) == MAX_LINES
    assert told[-1].event == "stage.log_full"


def test_a_stage_cannot_pose_as_another(log: StageLog, told: list[Logged]) -> None:
    log.info("x", job_id="another", stage="another", event="another", exc_info=True)
    with capture_logs() as lines:
        write(told[0], job_id="this", stage="count")
    assert lines == [
        {
            "event": "x",
            "log_level": "info",
            "job_id": "this",
            "stage": "count",
            "job_id_": "another",
            "stage_": "another",
            "event_": "another",
            "exc_info_": True,
        }
    ]
