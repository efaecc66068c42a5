"""What a check came to."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum


class Level(StrEnum):
    GOOD = "good"
    NOTE = "note"  # it works, and somebody should know
    WRONG = "wrong"
    UNSEEN = "unseen"  # it cannot be seen from here


@dataclass(frozen=True)
class Finding:
    """One sentence about one thing, and what to do where that is not as it should be."""

    check: str
    level: Level
    said: str
    remedy: str = ""

    def as_json(self) -> dict[str, str]:
        told = {"check": self.check, "level": self.level.value, "said": self.said}
        return {**told, "remedy": self.remedy} if self.remedy else told


def good(check: str, said: str) -> Finding:
    return Finding(check, Level.GOOD, said)


def note(check: str, said: str, remedy: str = "") -> Finding:
    return Finding(check, Level.NOTE, said, remedy)


def wrong(check: str, said: str, remedy: str) -> Finding:
    return Finding(check, Level.WRONG, said, remedy)


def unseen(check: str, said: str, remedy: str = "") -> Finding:
    return Finding(check, Level.UNSEEN, said, remedy)


def is_sound(findings: Iterable[Finding]) -> bool:
    """Whether nothing is wrong."""
    return all(finding.level is not Level.WRONG for finding in findings)
