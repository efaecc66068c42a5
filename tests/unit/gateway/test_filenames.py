import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.job import MAX_NAME_BYTES
from gateway.filenames import clean_name, decode_form_name


@pytest.mark.parametrize(
    ("sent", "shown"),
    [
        ("报告 final.csv", "报告 final.csv"),
        ("👩‍👩‍👧 family.png", "👩‍👩‍👧 family.png"),
        ("../../etc/passwd", "passwd"),
        ("/etc/passwd", "passwd"),
        ("dir/", "unnamed"),
        ("..", "unnamed"),
        (". .", "unnamed"),
        ("", "unnamed"),
        ("a\0b.txt", "ab.txt"),
        ("two\nlines\r\n.txt", "two lines .txt"),
        ("data: x\n\nevent: y", "data: x event: y"),
        ('say "hi".txt', 'say "hi".txt'),
        ("<img src=x onerror=alert(1)>", "<img src=x onerror=alert(1)>"),
        ("invoice\u202efdp.exe", "invoicefdp.exe"),
        ("line\u2028separator", "line separator"),
        ("back\\slash.txt", "back\\slash.txt"),
        ("  spaces   around  ", "spaces around"),
        (".hidden", ".hidden"),
    ],
)
def test_a_name_made_fit_to_be_shown(sent: str, shown: str) -> None:
    assert clean_name(sent) == shown


def test_a_long_name_keeps_its_suffix() -> None:
    name = clean_name("x" * 10_000 + ".tar.gz")
    assert len(name.encode()) == MAX_NAME_BYTES
    assert name.endswith("….gz")


def test_255_bytes_are_kept_whole() -> None:
    name = "é" * 125 + ".txt"
    assert len(name.encode()) == 254
    assert clean_name(name) == name


@given(st.text())
def test_no_name_breaks_a_line_or_leaves_a_folder(sent: str) -> None:
    name = clean_name(sent)
    assert name.strip()
    assert len(name.encode()) <= MAX_NAME_BYTES
    assert "/" not in name
    assert name not in {".", ".."}
    assert not any(unicodedata.category(character) in {"Cc", "Zl", "Zp", "Cs"} for character in name)


@given(st.text())
def test_cleaning_twice_changes_nothing(sent: str) -> None:
    assert clean_name(clean_name(sent)) == clean_name(sent)


@pytest.mark.parametrize(
    ("raw", "name"),
    [
        ("报告.csv".encode(), "报告.csv"),
        (b"caf\xe9.txt", "café.txt"),
        (b"a%22b%0D%0Ac.txt", 'a"b\r\nc.txt'),
        (b"100%25.txt", "100%25.txt"),
    ],
)
def test_a_parts_name_as_browsers_send_it(raw: bytes, name: str) -> None:
    assert decode_form_name(raw) == name
