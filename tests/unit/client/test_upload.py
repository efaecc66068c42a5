import os
from pathlib import Path

import pytest

from client.errors import ChangedError
from client.upload import CHUNK, Source, ignore


def a_source(folder: Path, content: bytes) -> Source:
    path = folder / "file"
    path.write_bytes(content)
    return Source.at(path)


@pytest.mark.parametrize("start", [0, 1, CHUNK, 2 * CHUNK + 5])
async def test_its_bytes_from_anywhere(tmp_path: Path, start: int) -> None:
    content, told = os.urandom(2 * CHUNK + 5), list[int]()
    source = a_source(tmp_path, content)
    assert b"".join([block async for block in source.blocks(told.append, start=start)]) == content[start:]
    assert (told[0], told[-1]) == (start, len(content))


async def test_what_is_appended_meanwhile_is_not_sent(tmp_path: Path) -> None:
    source = a_source(tmp_path, b"abc")
    source.path.write_bytes(b"abcdef")
    assert [block async for block in source.blocks(ignore)] == [b"abc"]


async def test_a_file_that_became_shorter(tmp_path: Path) -> None:
    source = a_source(tmp_path, b"abc")
    source.path.write_bytes(b"a")
    with pytest.raises(ChangedError, match="became shorter"):
        [block async for block in source.blocks(ignore)]


def test_what_was_changed_is_not_gone_on_with(tmp_path: Path) -> None:
    source = a_source(tmp_path, b"abc")
    source.require_unchanged()
    os.utime(source.path, ns=(0, source.modified + 1))
    with pytest.raises(ChangedError, match="send it again"):
        source.require_unchanged()
