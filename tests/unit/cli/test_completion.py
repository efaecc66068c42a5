"""Which word the shell offers for a job."""

import pytest

from cli.completion import offered

JOB_ID = "01a20bbc-322f-705e-8f23-50c7105c12ff"


@pytest.mark.parametrize(
    ("incomplete", "word"),
    [("", "50c7105c12ff"), ("50c7", "50c7105c12ff"), ("01a20", JOB_ID), (JOB_ID, JOB_ID), ("12ff", None)],
)
def test_the_end_that_tables_show_or_the_whole_id(incomplete: str, word: str | None) -> None:
    assert offered(JOB_ID, incomplete) == word
