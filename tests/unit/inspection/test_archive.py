"""Archives: listed, never unpacked to disk, whatever they declare."""

import bz2
import gzip
import io
import lzma
import struct
import tarfile
import tracemalloc
import zipfile
import zlib
from collections.abc import Callable

import pytest
import zstandard

from processor.inspection import archive
from tests.unit.inspection.files import noise, tarred, with_encrypted_entries, zipped
from tests.unit.inspection.workbench import Inspect

PACKERS: dict[str, Callable[[bytes], bytes]] = {
    "gz": gzip.compress,
    "bz2": bz2.compress,
    "xz": lzma.compress,
    "zst": zstandard.compress,
}


def test_a_zip_is_listed(inspected: Inspect) -> None:
    result = inspected(zipped({"a/": b"", "a/b.txt": b"hello" * 100, "a/c.TXT": b"x", "報告": b""}), "t.zip")

    facts = result.facts["analyse"]
    assert (facts["entries"], facts["files"], facts["folders"]) == (4, 3, 1)
    assert facts["unpacked_size"] == 501
    assert result.detail["endings"][0] == {"ending": ".txt", "files": 2, "size": 501}
    assert result.detail["largest"][0]["name"] == "a/b.txt"
    tree = result.detail["tree"]
    assert (tree["size"], tree["children"][0]["name"], tree["children"][0]["files"]) == (501, "a", 2)


def test_encrypted_entries_are_noted(inspected: Inspect) -> None:
    result = inspected(with_encrypted_entries(zipped({"a": b"1", "b": b"2"})), "t.zip")

    assert result.facts["analyse"]["encrypted"] == 2


@pytest.mark.parametrize("name", ["../../etc/passwd", "/etc/passwd", "C:\\windows\\x", "a/../../b", "~/x", "..\\x"])
def test_names_that_leave_their_folder_are_noted(name: str, inspected: Inspect) -> None:
    result = inspected(zipped({name: b"x", "fine..txt": b"y"}), "t.zip")

    assert result.facts["analyse"]["escaping_names"] == 1
    assert len(result.detail["escaping_examples"]) == 1


def test_a_zip_bomb_is_named_in_little_memory(inspected: Inspect) -> None:
    inside = zipped({f"{n}.bin": bytes(10_000_000) for n in range(7)})

    tracemalloc.start()
    result = inspected(inside, "t.zip")
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()

    assert result.problem == "It declares to unpack to 70 MB, more than 250 times its size."
    assert peak < 5_000_000


def test_a_zip_of_overlapping_entries_is_named(inspected: Inspect) -> None:
    good = bytearray(zipped({"a": noise(1000)}, zipfile.ZIP_STORED))
    place = good.find(b"PK\1\2")
    struct.pack_into("<2L", good, place + 20, 10**9, 10**9)

    assert "overlap" in inspected(bytes(good), "t.zip").problem


def test_zip64_sizes(inspected: Inspect) -> None:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as made, made.open("big", "w", force_zip64=True) as entry:
        entry.write(b"x" * 1000)
    content = bytearray(file.getvalue())
    place = content.find(b"PK\1\2")
    struct.pack_into("<2L", content, place + 20, 0xFFFFFFFF, 0xFFFFFFFF)
    extra = struct.pack("<2H2Q", 1, 16, 5_000_000_000, 1000)
    struct.pack_into("<H", content, place + 30, len(extra))
    content[place + 46 + 3 : place + 46 + 3] = extra
    end = content.rfind(b"PK\5\6")
    struct.pack_into("<L", content, end + 12, end - place)

    assert inspected(bytes(content), "t.zip").facts["analyse"]["unpacked_size"] == 5_000_000_000


@pytest.mark.parametrize("cut", [40, 120])
def test_a_cut_zip_is_read_as_bytes(cut: int, inspected: Inspect) -> None:
    result = inspected(zipped({"a": noise(500)})[:cut], "t.zip")

    assert result.facts["analyse"]["kind"] == "binary"
    assert "table of contents" in result.problem


def test_damage_in_the_directory_keeps_what_was_read(inspected: Inspect) -> None:
    content = zipped({"a": b"1", "b": b"2"})
    second = content.rfind(b"PK\1\2")

    result = inspected(content[:second] + b"????" + content[second + 4 :], "t.zip")

    assert result.facts["analyse"]["entries"] == 1
    assert "damaged" in result.problem


def test_entries_are_bounded(inspected: Inspect, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archive, "MAX_ENTRIES", 10)
    result = inspected(zipped({f"{n}": b"" for n in range(50)}), "t.zip")

    assert result.facts["analyse"]["entries"] == 10
    assert "more than 10 entries" in result.problem


@pytest.mark.parametrize("packing", ["", *PACKERS])
def test_a_tar_in_any_packing_is_listed(packing: str, inspected: Inspect) -> None:
    long_name = "deep/" * 40 + "报告.txt"
    tar = tarred({"a/b": b"1" * 5000, long_name: b"2"}, links={"link": "../../etc"})

    result = inspected(PACKERS[packing](tar) if packing else tar, "t.tar")

    facts = result.facts["analyse"]
    assert (facts["entries"], facts["files"], facts["links"], facts["unpacked_size"]) == (3, 2, 1, 5001)
    assert facts["escaping_names"] == 1
    assert long_name in [entry["name"] for entry in result.detail["largest"]]
    assert not result.problem


def test_gnu_long_names(inspected: Inspect) -> None:
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w", format=tarfile.GNU_FORMAT) as made:
        entry = tarfile.TarInfo("n" * 200)
        entry.size = 3
        made.addfile(entry, io.BytesIO(b"abc"))

    assert inspected(file.getvalue(), "t.tar").detail["largest"][0]["name"] == "n" * 200


def test_a_cut_tar_keeps_what_was_read(inspected: Inspect) -> None:
    tar = tarred({"a": b"1", "b": noise(50_000)})

    result = inspected(tar[:30_000], "t.tar")

    assert result.facts["analyse"]["entries"] == 2
    assert "cut short" in result.problem


def test_a_long_name_that_is_a_bomb_is_skipped_in_little_memory(inspected: Inspect) -> None:
    header = tarfile.TarInfo("././@LongLink")
    header.type, header.size = tarfile.GNUTYPE_LONGNAME, 40_000_000
    content = gzip.compress(header.tobuf(tarfile.GNU_FORMAT) + bytes(40_000_000), 1)

    tracemalloc.start()
    result = inspected(content, "t.tgz")
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()

    assert result.facts["analyse"]["kind"] == "archive"
    assert peak < 10_000_000


@pytest.mark.parametrize("packing", PACKERS)
def test_one_packed_file_is_measured(packing: str, inspected: Inspect) -> None:
    content = b"a,b\n1,2\n" * 10_000

    result = inspected(PACKERS[packing](content), f"table.csv.{packing}")

    facts = result.facts["analyse"]
    assert (facts["entries"], facts["unpacked_size"]) == (1, len(content))
    assert facts["content"] == "Comma-separated table"
    assert result.detail["largest"][0]["name"] == "table.csv"


@pytest.mark.parametrize("packing", PACKERS)
def test_a_cut_packed_file_says_so(packing: str, inspected: Inspect) -> None:
    packed = PACKERS[packing](noise(100_000))

    result = inspected(packed[: len(packed) // 2], "t")

    assert result.facts["analyse"]["kind"] == "archive"
    assert packing == "zst" or "damaged or cut short" in result.problem


def test_a_gzip_bomb_is_given_up_early(inspected: Inspect) -> None:
    piece = zlib.compressobj(9, wbits=31)
    content = b"".join(piece.compress(bytes(10_000_000)) for _ in range(8)) + piece.flush()

    tracemalloc.start()
    result = inspected(content, "t.gz")
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()

    assert "decompression bomb" in result.problem
    assert result.facts["analyse"]["unpacked_size"] < 80_000_000
    assert peak < 5_000_000


def test_several_gzip_members_are_one_file(inspected: Inspect) -> None:
    result = inspected(gzip.compress(b"one") + gzip.compress(b"two"), "t.gz")

    assert result.facts["analyse"]["unpacked_size"] == 6


def test_several_xz_streams_are_one_file(inspected: Inspect) -> None:
    result = inspected(lzma.compress(b"one") + bytes(4) + lzma.compress(b"two"), "t.xz")

    assert (result.facts["analyse"]["unpacked_size"], result.problem) == (6, "")
