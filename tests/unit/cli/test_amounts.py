import pytest

from cli.amounts import percent_said, size_said, span_said


@pytest.mark.parametrize(
    ("size", "words"),
    [(0, "0 bytes"), (999, "999 bytes"), (1_000, "1.0 kB"), (999_949, "1.0 MB"), (10**16, "10000 TB")],
)  # fmt: skip
def test_sizes(size: int, words: str) -> None:
    assert size_said(size) == words


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(-3, "0.0 s"), (0.84, "0.8 s"), (59.4, "59 s"), (65, "1 m 05 s"), (7_260, "2 h 01 m"), (90_000, "1 d 1 h")],
)
def test_spans(seconds: float, words: str) -> None:
    assert span_said(seconds) == words


def test_percent() -> None:
    assert percent_said(0.434) == "43 %"
