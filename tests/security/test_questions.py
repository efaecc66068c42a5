# ruff: noqa: E501, PT017 - a refusal is one of two good answers here
"""What strangers write into queries, headers and forms: an answer that says what is wrong, or a right one."""

from collections.abc import AsyncIterator

from hypothesis import example, given
from hypothesis import strategies as st
from starlette.datastructures import Headers, QueryParams

from contracts.access.hosts import ANY, is_ours
from gateway.digests import read_digests
from gateway.errors import BrokenFormError, NotMultipartError, RefusedError
from gateway.filenames import clean_name, decode_form_name
from gateway.form import Form
from gateway.idempotency import read_key
from gateway.ranges import parse_range
from gateway.tus.protocol import CONTENT_TYPE, read_checksum, read_creation, read_metadata, read_offset
from notifier.beginning import Replay, Snapshot, begin
from notifier.errors import BadQuestionError
from notifier.history import History
from notifier.listing import read_page
from notifier.question import read_question
from notifier.selection import Selection

HISTORY = History(max_events=100, max_seconds=100)
SINCE = st.one_of(
    st.text(max_size=60),
    st.from_regex(r"[0-9]{1,6}[smhdx]", fullmatch=True),
    st.from_regex(r"[0-9]{1,20}-[0-9a-f]{7,9}", fullmatch=True),
    st.datetimes(timezones=st.timezones()).map(lambda moment: moment.isoformat()),
)
HEADER = st.text(st.characters(codec="latin-1"), max_size=100)


@given(since=SINCE, last=HEADER, query=SINCE)
@example(since="0001-01-01T00:00:00+23:59", last="", query="")
@example(since="9999-12-31T23:59:59-23:59", last="", query="")
@example(since="99999d", last="", query="")
@example(since="1-ffffffff\n", last="\0", query="٣-ffffffff")
def test_wherever_a_stream_is_to_begin(since: str, last: str, query: str) -> None:
    headers = Headers(raw=[(b"last-event-id", last.encode("latin-1"))])
    try:
        question = read_question(QueryParams({"since": since, "last_event_id": query}), headers)
    except BadQuestionError as refused:
        assert "since=" in str(refused)
        return
    found = begin(question.wanted, Selection(), HISTORY, max_replay=10)
    assert isinstance(found, Replay | Snapshot)
    assert not isinstance(found, Replay) or 0 <= found.position <= HISTORY.head


@given(
    query=st.lists(st.tuples(st.sampled_from(["job", "mine", "progress", "format", "state", "limit", "before"]), SINCE))
)
def test_whatever_else_is_asked(query: list[tuple[str, str]]) -> None:
    asked = QueryParams(query)
    for read in (lambda: read_question(asked, Headers()), lambda: read_page(asked)):
        try:
            read()
        except BadQuestionError as refused:
            assert len(str(refused)) < 300


@given(raw=st.binary(max_size=600))
def test_file_names(raw: bytes) -> None:
    name = clean_name(decode_form_name(raw))
    assert name == clean_name(name)
    assert 0 < len(name.encode()) <= 255
    assert "/" not in name
    assert name.strip(". ")
    assert not any(ord(character) < 0x20 or character in "\x7f\x85\u2028\u2029\u202e" for character in name)


@given(range=HEADER | st.from_regex(r"bytes=[0-9]{0,30}-[0-9]{0,30}", fullmatch=True), size=st.integers(0, 2**63))
def test_ranges(range: str, size: int) -> None:
    try:
        part = parse_range(range, size)
    except RefusedError as refused:
        assert refused.status == 416
        return
    assert part is None or 0 <= part[0] < part[1] <= size


@given(key=HEADER)
def test_keys(key: str) -> None:
    try:
        found = read_key(key, request="POST /upload")
    except RefusedError as refused:
        assert refused.status == 400
        return
    assert found is not None
    assert len(found.digest) == 64


@given(first=st.sampled_from(["", "filename ", "sha1 ", "sha-256=:", "final;", "final;/files/"]), rest=HEADER)
@example(first="filename ", rest="\u00e9")  # base64 has an error of its own for what is no ASCII
@example(first="sha1 ", rest="\u00e9")
def test_headers_of_uploads(first: str, rest: str) -> None:
    said = dict.fromkeys(
        ("upload-concat", "upload-length", "upload-offset", "upload-checksum", "Repr-Digest"), first + rest
    )
    for read in (
        lambda: read_metadata(first + rest),
        lambda: read_creation(said, max_size=100),
        lambda: read_offset({**said, "content-type": CONTENT_TYPE}),
        lambda: read_checksum(said),
        lambda: read_digests(said),
    ):
        try:
            read()
        except RefusedError as refused:
            assert refused.status in {400, 413}


@given(host=HEADER)
def test_hosts(host: str) -> None:
    assert is_ours(host, (ANY,))
    assert not is_ours(f"{host}.example", ())


PIECES = [
    b"--B", b"--B--", b"\r\n", b"\n", b"\r", b"\0", b": ", b"Content-Disposition: form-data", b'; name="file"',
    b'; filename="', b'"', b"a", b"Content-Type: text/html", b";", b"=", b"--", b"\xff\xfe", b"x" * 70_000, b"; filename*=UTF-8''%ff",
]  # fmt: skip


@given(st.lists(st.sampled_from(PIECES) | st.binary(max_size=20), max_size=40), st.integers(1, 70_000))
async def test_forms(pieces: list[bytes], size: int) -> None:
    body = b"--B\r\n" + b"".join(pieces)

    async def sent() -> AsyncIterator[bytes]:
        for start in range(0, len(body), size):
            yield body[start : start + size]

    read = 0
    try:
        async for part in Form("multipart/form-data; boundary=B", sent()):
            assert isinstance(part.name, str)
            async for block in part.blocks():
                read += len(block)
    except BrokenFormError as refused:
        assert str(refused)
    assert read <= len(body)


@given(HEADER)
@example('multipart/form-data; boundary="')
@example("multipart/form-data; boundary=" + "x" * 10_000)
def test_content_types(kind: str) -> None:
    async def nothing() -> AsyncIterator[bytes]:
        yield b""

    try:
        Form(kind, nothing())
    except NotMultipartError as refused:
        assert str(refused)
