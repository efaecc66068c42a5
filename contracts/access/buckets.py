"""How often a client may ask: a bucket of requests each, filled at a steady rate."""

import math
import time
from collections import OrderedDict
from collections.abc import Callable
from ipaddress import IPv6Address

MAX_CLIENTS = 10_000


class Buckets:
    """One bucket a client. Past `MAX_CLIENTS` the one seen longest ago goes: if it comes back, its bucket is full."""

    def __init__(self, *, per_second: float, burst: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._per_second = per_second  # 0: no limit
        self._burst = burst
        self._clock = clock
        self._levels: OrderedDict[str, tuple[float, float]] = OrderedDict()  # what was left, and when

    def __len__(self) -> int:
        return len(self._levels)

    def take(self, client: str) -> int:
        """Take one request out; 0, or after how many seconds there is one to take."""
        if not self._per_second:
            return 0
        now = self._clock()
        level, then = self._levels.get(client, (float(self._burst), now))
        level = min(self._burst, level + (now - then) * self._per_second)
        wait = 0 if level >= 1 else math.ceil((1 - level) / self._per_second)
        self._levels[client] = (level - 1 if level >= 1 else level, now)
        self._levels.move_to_end(client)
        if len(self._levels) > MAX_CLIENTS:
            self._levels.popitem(last=False)
        return wait


def network_of(address: str) -> str:
    """Who is one client: an address, or of IPv6 the 64 bits that one customer gets."""
    if ":" not in address:
        return address
    try:
        return IPv6Address(address).packed[:8].hex()
    except ValueError:
        return address
