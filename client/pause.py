"""How long to wait before the next try; pure but for the jitter."""

import random

LONGEST = 30.0  # seconds


def pause(failures: int, *, least: float, asked: float | None = None) -> float:
    """Seconds to wait after so many failures in a row.

    Doubles from `least` to 30 s, with up to half of it more, so that clients who lost the same server do not come back
    together. Never less than the server has `asked` for.
    """
    grown = min(LONGEST, least * 2.0 ** min(max(failures - 1, 0), 10))
    return max(asked or 0.0, grown) * random.uniform(1.0, 1.5)  # noqa: S311 - jitter, no secret
