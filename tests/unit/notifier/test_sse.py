import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifier import sse


def parse(stream: str) -> list[dict[str, str]]:
    """Events as a reader gets them: the algorithm of the HTML standard, section 9.2.6."""
    events, data, kind, last_id = [], "", "", ""
    for line in re.split("\r\n|\r|\n", stream):
        if not line:
            if data:
                events.append({"data": data.removesuffix("\n"), "event": kind or "message", "id": last_id})
            data, kind = "", ""
            continue
        name, _, value = line.partition(":")
        value = value.removeprefix(" ")
        if name == "data":
            data += value + "\n"
        elif name == "event":
            kind = value
        elif name == "id" and "\0" not in value:
            last_id = value
    return events


@given(st.text(min_size=1))
def test_any_text_arrives_as_one_event(text: str) -> None:
    read = parse(sse.frame(text, id="7").decode("utf-8", "surrogatepass"))
    assert [event["data"] for event in read] == [re.sub("\r\n|\r", "\n", text)] or not text.strip("\r\n")
    assert len(read) <= 1


@pytest.mark.parametrize("text", ["a\n\nevent: draining\ndata: b", "a\rid: 9", "a\r\n\r\ndata: b", "x\n:"])
def test_no_field_can_be_injected(text: str) -> None:
    [event] = parse(sse.frame(text, id="1").decode())
    assert event == {"data": re.sub("\r\n|\r", "\n", text), "event": "message", "id": "1"}


@pytest.mark.parametrize("bad", ["a\nb", "a\rb", "a\0b"])
def test_ids_and_names_cannot_break_a_frame(bad: str) -> None:
    with pytest.raises(ValueError, match="line end"):
        sse.frame("x", id=bad)
    with pytest.raises(ValueError, match="line end"):
        sse.frame("x", event=bad)


def test_the_bytes_are_exact() -> None:
    assert sse.frame("one\ntwo", id="3", event="snapshot") == b"id: 3\nevent: snapshot\ndata: one\ndata: two\n\n"
    assert sse.frame("facts carry no event field") == b"data: facts carry no event field\n\n"
    assert sse.retry(2000) == b"retry: 2000\n\n"
    assert sse.comment("a\nb") == b": a b\n\n"
    assert parse((sse.HEARTBEAT + sse.comment("x") + sse.retry(5)).decode()) == []
