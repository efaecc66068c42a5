"""Each example of sending and reading in the documents has a name, and so a test that runs it."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
TESTS = (ROOT / "tests" / "e2e" / "test_examples.py").read_text(encoding="utf-8")
BLOCK = re.compile(r"(?:<!-- example: (\S+) -->\n)?```(?:sh|js|python|go)\n")


@pytest.mark.parametrize("page", ["events.md", "uploads.md"])
def test_no_example_is_without_a_test(page: str) -> None:
    names = BLOCK.findall((ROOT / "docs" / page).read_text(encoding="utf-8"))
    assert names
    assert [name for name in names if f'"{name}"' not in TESTS] == []
