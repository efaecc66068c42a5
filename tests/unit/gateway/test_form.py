from collections.abc import AsyncIterator, Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.body import BLOCK_BYTES
from gateway.errors import BrokenFormError, NotMultipartError
from gateway.form import Form

BOUNDARY = "xXboundaryXx"
TYPE = f"multipart/form-data; boundary={BOUNDARY}"
Field = tuple[str, str | None, bytes]


def form_body(fields: Iterable[Field]) -> bytes:
    body = b""
    for name, filename, content in fields:
        extra = f'; filename="{filename}"' if filename is not None else ""
        head = f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{name}"{extra}\r\n\r\n'
        body += head.encode() + content + b"\r\n"
    return body + f"--{BOUNDARY}--\r\n".encode()


async def sent(body: bytes, size: int) -> AsyncIterator[bytes]:
    for start in range(0, len(body), size):
        yield body[start : start + size]


async def read(body: bytes, *, size: int = 7, content_type: str = TYPE) -> list[Field]:
    found = []
    async for part in Form(content_type, sent(body, size)):
        content = b"".join([block async for block in part.blocks()])
        found.append((part.name, part.filename, content))
    return found


FIELDS: list[Field] = [
    ("pipeline", None, b"inspect"),
    ("file", "报告 😀.csv", b"a,b\r\n1,2\r\n--xX\r\n"),
    ("file", "empty", b""),
    ("file", "bytes", bytes(range(256))),
]


@pytest.mark.parametrize("size", [1, 2, 3, 5, 16, 61, 4096])
async def test_parts_come_whole_however_the_body_is_cut(size: int) -> None:
    assert await read(form_body(FIELDS), size=size) == FIELDS


@given(content=st.binary(max_size=300), size=st.integers(1, 400))
async def test_any_bytes_come_through(content: bytes, size: int) -> None:
    tricky = content + f"\r\n--{BOUNDARY[:-1]}-".encode() + content  # nearly a boundary, whatever comes next
    assert await read(form_body([("file", "f", tricky)]), size=size) == [("file", "f", tricky)]


async def test_blocks_are_bounded() -> None:
    body = form_body([("file", "f", b"x" * (3 * BLOCK_BYTES + 5))])
    async for part in Form(TYPE, sent(body, 64 * 1024)):
        sizes = [len(block) async for block in part.blocks()]
    assert sum(sizes) == 3 * BLOCK_BYTES + 5
    assert max(sizes) <= BLOCK_BYTES + 64 * 1024


async def test_a_part_that_nobody_read_is_passed_over() -> None:
    names = [part.name async for part in Form(TYPE, sent(form_body(FIELDS), 11))]
    assert names == ["pipeline", "file", "file", "file"]


@pytest.mark.parametrize("kept", [0, 10, 40, 90, 100, -1, -5, -40])
async def test_a_truncated_body_is_never_taken_for_a_whole_one(kept: int) -> None:
    whole = form_body([("file", "f", b"content")])
    cut = whole[:kept] if kept >= 0 else whole.removesuffix(b"--\r\n")[:kept]
    with pytest.raises(BrokenFormError):
        await read(cut)


@pytest.mark.parametrize(
    "body",
    [
        b"hello",
        b"--other\r\n\r\n",
        f"--{BOUNDARY}\r\nno colon here\r\n\r\nx\r\n--{BOUNDARY}--".encode(),
        f"--{BOUNDARY}\r\nContent-Type: text/plain\r\n\r\nx\r\n--{BOUNDARY}--\r\n".encode(),
        f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{"n" * 70_000}"\r\n\r\nx\r\n--{BOUNDARY}--'.encode(),
    ],
)
async def test_a_broken_form_is_said_to_be_broken(body: bytes) -> None:
    with pytest.raises(BrokenFormError):
        await read(body, size=1000)


@pytest.mark.parametrize(
    "content_type",
    [
        None,
        "",
        "application/json",
        "multipart/form-data",
        "multipart/form-data; boundary=",
        f"multipart/form-data; boundary={'b' * 5000}",
    ],
)
def test_what_is_no_form_is_refused(content_type: str | None) -> None:
    with pytest.raises(NotMultipartError):
        Form(content_type, sent(b"", 1))


async def test_a_field_is_bounded() -> None:
    async for part in Form(TYPE, sent(form_body([("pipeline", None, b"x" * 100)]), 50)):
        with pytest.raises(BrokenFormError, match="longer than 64"):
            await part.text(limit=64)


async def test_too_many_parts_are_refused() -> None:
    with pytest.raises(BrokenFormError, match="parts"):
        await read(form_body([("a", None, b"")] * 1_001), size=4096)
