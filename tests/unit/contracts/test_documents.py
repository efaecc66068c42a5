from pathlib import Path

import pytest

from contracts.documents import documents

ROOT = Path(__file__).parents[3]


@pytest.mark.parametrize("path", documents())
def test_generated_documents_are_fresh(path: Path) -> None:
    assert (ROOT / path).read_text() == documents()[path], "stale: run `make docs`"
