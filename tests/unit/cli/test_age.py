from datetime import timedelta

import pytest

from cli.age import parse_age


@pytest.mark.parametrize(
    ("text", "age"),
    [
        ("0s", timedelta(0)),
        ("90s", timedelta(seconds=90)),
        ("45m", timedelta(minutes=45)),
        ("12h", timedelta(hours=12)),
        ("30d", timedelta(days=30)),
        ("2w", timedelta(days=14)),
    ],
)
def test_spans_of_time(text: str, age: timedelta) -> None:
    assert parse_age(text) == age


@pytest.mark.parametrize("text", ["", "30", "d", "-3d", "1.5d", "30 d", "3y", "99999w", "999999s", "٣d"])
def test_what_is_none(text: str) -> None:
    with pytest.raises(ValueError, match=r"no span of time|longer than"):
        parse_age(text)
