from collections.abc import Callable

import pytest
from structlog.testing import capture_logs

from contracts.broker import LONGEST_PAUSE, describe, is_told, keep_trying, pause_after


def test_pauses_rise_and_stay_bounded() -> None:
    assert pause_after(0) <= 0.2
    assert all(0 < pause_after(failures) <= LONGEST_PAUSE for failures in range(2_000))
    assert pause_after(100) >= LONGEST_PAUSE / 2


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (ConnectionError("lost\nlink"), "ConnectionError: lost link"),
        (TimeoutError(), "TimeoutError"),
        (OSError("no such bucket\n\nDebug source:\nGeneric {\n}"), "OSError: no such bucket"),
    ],
)
def test_an_error_is_told_on_one_line(error: Exception, words: str) -> None:
    assert describe(error) == words


def test_what_fails_for_long_is_told_ever_less_often() -> None:
    assert [failures for failures in range(1, 300) if is_told(failures)] == [1, 2, 4, 8, 16, 32, 64, 128, 192, 256]


async def test_a_connection_that_is_lost_at_once_counts_as_a_failure() -> None:
    """A broker that lets us in and then refuses what we declare would be asked several times a second, for ever."""
    sessions = 0

    async def session(connected: Callable[[], None]) -> None:
        nonlocal sessions
        sessions += 1
        if sessions == 4:
            raise LookupError
        connected()
        raise ConnectionError

    with capture_logs() as lines, pytest.raises(LookupError):
        await keep_trying(session, name="test")
    assert [line["failures"] for line in lines if line["event"] == "broker.lost"] == [1, 2, 3]
