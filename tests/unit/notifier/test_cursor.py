import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifier.cursor import Cursor, parse_cursor, proof_of


@given(offset=st.integers(0, 2**59), message_id=st.text())
def test_what_is_sent_is_understood(offset: int, message_id: str) -> None:
    cursor = Cursor(offset, proof_of(message_id.encode("utf-8", "ignore").decode()))
    assert parse_cursor(str(cursor)) == cursor


@pytest.mark.parametrize(
    "text", ["", "-1", "5", "5-", "-0597705c", "5-0597705C", "5-0597705c ", "9" * 300, "5-xyz", "٣-0597705c"]
)
def test_anything_else_is_not(text: str) -> None:
    assert parse_cursor(text) is None


@given(st.text(max_size=100))
def test_nothing_that_a_client_sends_is_an_error(text: str) -> None:
    parse_cursor(text)


def test_ids_of_the_same_moment_have_other_proofs() -> None:
    assert proof_of("01a20beb-75b9-77cd-a1e6-5df95f33d6d7") != proof_of("01a20beb-75b9-77cd-a1e6-5df95f33d6d8")
