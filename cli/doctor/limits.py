"""How many files processes may have open: every stream, upload and connection is one."""

import re
import resource
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from cli.doctor.finding import Finding, good, note, unseen, wrong

LEAST = 1_024  # fewer end a small installation
ENOUGH = 10_000  # the streams that a notifier takes unless told otherwise
FULL = 0.8
_OPEN_FILES = re.compile(r"^Max open files\s+(\d+)", re.MULTILINE)
RAISE = "raise it: `ulimit -n 65536` before the start, LimitNOFILE= in a systemd unit, ulimits: in Compose"


@dataclass(frozen=True)
class Limit:
    """Of one process."""

    who: str
    files: int


def read_limits(local_folder: Path) -> list[Limit]:
    """Those of what `up` runs from this folder; if nothing does, that of this shell."""
    found = [*_running(local_folder, "run/*.pid"), *_running(local_folder, "rabbitmq/node.pid")]
    return found or [Limit("this shell", resource.getrlimit(resource.RLIMIT_NOFILE)[0])]


def judge_limits(limits: list[Limit]) -> list[Finding]:
    return [judge_files(limit) for limit in limits]


def judge_files(limit: Limit) -> Finding:
    check = f"open files: {limit.who}"
    said = f"at most {limit.files}"
    if 0 <= limit.files < LEAST:
        return wrong(check, f"{said}: streams will be refused", RAISE)
    if 0 <= limit.files < ENOUGH:
        return note(check, f"{said}, for as many streams and uploads together", RAISE)
    return good(check, "as many as it likes" if limit.files < 0 else said)


def judge_broker_files(node: str, total: int | None, used: int | None) -> Finding:
    check = f"open files: {node}"
    if not total:
        return unseen(check, "the broker does not tell")
    if used is not None and used > total * FULL:
        return wrong(check, f"{used} of {total} are open", RAISE)
    return judge_files(Limit(node, total))


def _running(folder: Path, pattern: str) -> Iterator[Limit]:
    """Processes whose pid files stand there, as far as the system shows their limits."""
    for file in sorted(folder.glob(pattern)):
        with suppress(OSError, ValueError):
            pid = int(file.read_text(encoding="utf-8").split("\n", 1)[0])
            if match := _OPEN_FILES.search(Path(f"/proc/{pid}/limits").read_text(encoding="ascii")):
                yield Limit("broker" if file.stem == "node" else file.stem, int(match[1]))
