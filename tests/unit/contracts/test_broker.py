import pytest

from contracts.broker import LONGEST_PAUSE, describe, pause_after


def test_pauses_rise_and_stay_bounded() -> None:
    assert pause_after(0) <= 0.2
    assert all(0 < pause_after(failures) <= LONGEST_PAUSE for failures in range(2_000))
    assert pause_after(100) >= LONGEST_PAUSE / 2


@pytest.mark.parametrize(
    ("error", "words"),
    [(ConnectionError("lost\nlink"), "ConnectionError: lost link"), (TimeoutError(), "TimeoutError")],
)
def test_an_error_is_told_on_one_line(error: Exception, words: str) -> None:
    assert describe(error) == words
