"""How much an owner may upload a day: decided here, counted by `gateway.usage`."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from gateway.errors import OverQuotaError

DAY = timedelta(days=1)


@dataclass(frozen=True)
class Usage:
    """What an owner has uploaded on a day."""

    files: int = 0
    size: int = 0  # bytes


@dataclass(frozen=True)
class Quota:
    """What each may upload in a day of UTC; None is without a bound."""

    files: int | None = None
    size: int | None = None  # bytes

    @property
    def is_bound(self) -> bool:
        return self.files is not None or self.size is not None

    def check(self, usage: Usage, *, files: int, size: int, now: datetime) -> None:
        """Whether so much more may come.

        Raises:
            OverQuotaError: no; the answer says what remains, and when there is more.
        """
        if self.files is not None and usage.files + files > self.files:
            raise self._refusal(f"{self.files} files", usage, now)
        if self.size is not None and usage.size + size > self.size:
            raise self._refusal(f"{self.size} bytes", usage, now)

    def headers(self, usage: Usage, now: datetime) -> dict[str, str]:
        """What remains (draft-ietf-httpapi-ratelimit-headers)."""
        bounds = {
            ("files", "requests"): (self.files, usage.files),
            ("bytes", "content-bytes"): (self.size, usage.size),
        }
        policy, limit = [], []
        for (name, unit), (bound, used) in bounds.items():
            if bound is not None:
                policy.append(f'"{name}";q={bound};qu="{unit}";w={int(DAY.total_seconds())}')
                limit.append(f'"{name}";r={max(0, bound - used)};t={_seconds_left(now)}')
        return {"RateLimit-Policy": ", ".join(policy), "RateLimit": ", ".join(limit)} if policy else {}

    def _refusal(self, bound: str, usage: Usage, now: datetime) -> OverQuotaError:
        error = OverQuotaError(f"{bound} a day are what each may upload here; there is room again tomorrow (UTC)")
        error.retry_after = _seconds_left(now)
        error.headers = self.headers(usage, now)
        return error


def _seconds_left(now: datetime) -> int:
    """Of the day."""
    midnight = now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0) + DAY
    return int((midnight - now).total_seconds()) + 1
