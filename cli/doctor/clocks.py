"""Whether the machines' clocks agree: times that are shown, and tokens that expire, are compared across them."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

import httpx

from cli.amounts import span_said
from cli.doctor.finding import Finding, good, unseen, wrong

CHECK = "clocks"
APART = 2.0  # seconds; a Date header counts whole ones
REMEDY = "let all machines keep their time by NTP (chrony, systemd-timesyncd), this one too"


@dataclass(frozen=True)
class Reading:
    """An instant that `who` named, which by our clock lay between two others."""

    who: str
    told: datetime
    earliest: datetime
    latest: datetime

    @property
    def apart(self) -> float:
        """Seconds by which their clock is surely ahead of ours; negative: behind."""
        if self.told > self.latest:
            return (self.told - self.latest).total_seconds()
        return min(0.0, (self.told - self.earliest).total_seconds())


async def read_date(http: httpx.AsyncClient, who: str, url: str) -> Reading | None:
    """The `Date` of an answer; None where there is none."""
    earliest = datetime.now(UTC)
    try:
        answer = await http.head(url)
        told = parsedate_to_datetime(answer.headers["date"])
    except (httpx.TransportError, KeyError, ValueError):
        return None
    return Reading(who, told, earliest, datetime.now(UTC))


def judge_clocks(readings: Iterable[Reading]) -> list[Finding]:
    """One finding for each that is apart; one if none is."""
    by_machine: dict[str, float] = {}
    for reading in readings:
        by_machine[reading.who] = max(by_machine.get(reading.who, 0.0), reading.apart, key=abs)
    if not by_machine:
        return [unseen(CHECK, "nobody told the time")]
    late = [
        wrong(
            f"{CHECK}: {who}", f"{span_said(abs(apart))} {'ahead of' if apart > 0 else 'behind'} this machine's", REMEDY
        )
        for who, apart in by_machine.items()
        if abs(apart) > APART
    ]
    return late or [good(CHECK, f"{' and '.join(by_machine)} agree with this machine's within {APART:.0f} s")]
