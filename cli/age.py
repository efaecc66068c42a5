"""Spans of time as people type them: `90s`, `45m`, `12h`, `30d`, `2w`."""

import re
from datetime import timedelta

UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}
LONGEST = timedelta(days=365 * 100)

_AGE = re.compile(r"([0-9]{1,5})([smhdw])")


def parse_age(text: str) -> timedelta:
    """Read one.

    Raises:
        ValueError: it is none, or longer than 100 years.
    """
    if (match := _AGE.fullmatch(text.strip())) is None:
        raise ValueError(f"{text!r} is no span of time: write it as 90s, 45m, 12h, 30d or 2w")
    age = timedelta(**{UNITS[match[2]]: int(match[1])})
    if age > LONGEST:
        raise ValueError(f"{text!r} is longer than 100 years")
    return age
