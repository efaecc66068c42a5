"""What a stage may leave changed in its process, where the next stage would find it."""

import os
import resource
import threading
from dataclasses import dataclass
from pathlib import Path

MOST_MORE_KB = 32 * 1024  # of memory; what a stage's libraries cache is less
MOST_MORE_FILES = 16  # left open; what the store's client keeps is less
LIMITS = tuple(getattr(resource, name) for name in dir(resource) if name.startswith("RLIMIT_"))


@dataclass(frozen=True)
class Traits:
    """A process, as far as a stage could tell it from one that ran none. What lies in its modules is not looked at."""

    environment: dict[bytes, bytes]
    limits: tuple[tuple[int, int], ...]
    kernel: tuple[bytes, ...]  # its umask, and which signals it blocks, ignores and catches
    threads: int  # of Python's own; the store's client has others
    files: int
    resident_kb: int

    def is_as_before(self, before: "Traits") -> bool:
        return (
            self.resident_kb <= before.resident_kb + MOST_MORE_KB
            and self.files <= before.files + MOST_MORE_FILES
            and (self.environment, self.limits, self.kernel, self.threads)
            == (before.environment, before.limits, before.kernel, before.threads)
        )


def traits() -> Traits:
    """Of this process; Linux only, by proc(5)."""
    status = dict(line.split(b":", 1) for line in Path("/proc/self/status").read_bytes().splitlines())
    return Traits(
        environment=dict(os.environb),
        limits=tuple(map(resource.getrlimit, LIMITS)),
        kernel=tuple(status[name] for name in (b"Umask", b"SigBlk", b"SigIgn", b"SigCgt")),
        threads=threading.active_count(),
        files=len(os.listdir("/proc/self/fd")),  # noqa: PTH208 - a list, and no paths
        resident_kb=int(status[b"VmRSS"].split()[0]),
    )
