"""Files that are more than they look, through all stages: the memory that they cost is bounded."""

import gzip
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.unit.inspection.files import png_bomb, zipped

MEGABYTE = 1_000_000
MOST_BYTES = 900 * MEGABYTE  # of one process, its libraries included: none of the bombs below fits into it
# The peak is VmHWM, not ru_maxrss: that one begins with the peak of the process that started this one, the tests' own.
RUN = """
import json, re, resource, sys
from pathlib import Path
from tests.unit.inspection.workbench import run
found = run(Path(sys.argv[1]), Path(sys.argv[2]))
own = int(re.search(r"VmHWM:\\s+(\\d+) kB", Path("/proc/self/status").read_text())[1])
children = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
print(json.dumps([max(own, children) * 1024, sorted(found.artifacts)]))
"""


def zip_bomb() -> bytes:
    """40 times 100 MB of nothing, and that twice."""
    inner = zipped({f"{number}.csv": bytes(100 * MEGABYTE) for number in range(4)})
    return zipped({f"{number}.zip": inner for number in range(10)})


def gzip_bomb() -> bytes:
    """2 GB in 2 MB: members in a row are one file."""
    return gzip.compress(bytes(100 * MEGABYTE)) * 20


def wide_table() -> bytes:
    return b",".join(b"c%d" % number for number in range(200_000)) + b"\n" + b"1," * 199_999 + b"1\n"


def open_quote() -> bytes:
    return b'a,b\n1,"' + b"x,y\n" * (20 * MEGABYTE)


def deep_json() -> bytes:
    return b"[" * (2 * MEGABYTE) + b"]" * (2 * MEGABYTE)


@pytest.mark.parametrize("bomb", [zip_bomb, gzip_bomb, png_bomb, wide_table, open_quote, deep_json])
def test_a_bomb_does_not_go_off(bomb: Callable[[], bytes], tmp_path: Path) -> None:
    path = tmp_path / f"bomb.{'csv' if 'table' in bomb.__name__ or 'quote' in bomb.__name__ else 'bin'}"
    path.write_bytes(bomb())
    command = [sys.executable, "-c", RUN, str(path), str(tmp_path / "work")]
    said = subprocess.run(command, capture_output=True, text=True, check=True, timeout=170)
    peak, artifacts = json.loads(said.stdout.splitlines()[-1])
    assert peak < MOST_BYTES, f"{peak / MEGABYTE:.0f} MB"
    assert "report.html" in artifacts
