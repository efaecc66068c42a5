"""The page's reader of `text/event-stream`, wherever the pieces end."""

from itertools import pairwise

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.unit.web.page_code import PageCode

STREAM = (
    ": stagecast\n\nretry: 2000\n\nid: 1-a\nevent: snapshot\ndata: {}\n\n"
    "data: one\ndata: two\n\n: heartbeat\n\nid: 2-b\n\nevent: nothing\n\nid: 3-c\r\ndata:三\r\n\r\ndata: no end\n"
)
FRAMES = [
    {"type": "snapshot", "data": "{}"},
    {"type": "message", "data": "one\ntwo"},
    {"type": "message", "data": "三"},
]


def test_a_stream(page: PageCode) -> None:
    assert page.frames(STREAM) == {"frames": FRAMES, "cursor": "3-c", "retry": 2000}


@given(cuts=st.lists(st.integers(0, len(STREAM)), max_size=12).map(sorted))
@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_pieces_may_end_anywhere(page: PageCode, cuts: list[int]) -> None:
    edges = [0, *cuts, len(STREAM)]
    pieces = [STREAM[start:end] for start, end in pairwise(edges)]
    assert page.frames(*pieces)["frames"] == FRAMES


def test_a_stream_without_an_id_keeps_the_cursor(page: PageCode) -> None:
    assert page.frames("data: x\n\n", cursor="7-g")["cursor"] == "7-g"
    assert page.frames("id: 8-h\n", cursor="7-g")["cursor"] == "8-h"
