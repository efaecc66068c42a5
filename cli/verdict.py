"""What becomes of a process that ended without being asked: decided here, obeyed elsewhere."""

from dataclasses import dataclass

from contracts.service import EX_CONFIG

SHORTEST_PAUSE = 0.2
LONGEST_PAUSE = 10.0


@dataclass(frozen=True)
class StartAgain:
    """Start it again after that many seconds."""

    after: float


@dataclass(frozen=True)
class GiveUp:
    """Starting it again will not help."""

    reason: str


def judge(code: int, *, was_ready: bool, deaths: int, patience: int) -> StartAgain | GiveUp:
    """Judge the end of a process that has died `deaths` times since it was last ready.

    `patience` is how often it may die before it is first ready. One that was ready before is always
    started again: the others live on without it meanwhile.
    """
    if not was_ready and code == EX_CONFIG:
        return GiveUp("it says that a setting or a port is wrong")
    if not was_ready and deaths >= patience:
        return GiveUp(f"it ended with {ending(code)} before it was ready{f', {deaths} times' if deaths > 1 else ''}")
    return StartAgain(min(LONGEST_PAUSE, SHORTEST_PAUSE * 2.0 ** min(deaths - 1, 10)))


def ending(code: int) -> str:
    """An exit code in words; negative ones are signals, as in `subprocess`."""
    return f"signal {-code}" if code < 0 else f"exit code {code}"
