"""Processes that a stage started, and they in turn: also those that left its process group, as browsers do."""

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path


def descendants(pid: int) -> list[int]:
    """The living descendants of a process; none where the system has no `/proc` that tells them."""
    found: dict[int, None] = {}
    waiting = [pid]
    while waiting:
        for child in _children(waiting.pop()):
            if child not in found:
                found[child] = None
                waiting.append(child)
    return list(found)


def _children(pid: int) -> Iterator[int]:
    with suppress(OSError):  # it has just ended
        for thread in Path(f"/proc/{pid}/task").iterdir():
            yield from map(int, (thread / "children").read_text(encoding="ascii").split())
