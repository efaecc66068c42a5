import httpx
import pytest

from client.errors import AwayError, UnreachableError
from client.sending import TRIES, Tries

LOST = httpx.ReadError("reset")
REFUSED = httpx.ConnectError("refused")


def test_where_nothing_listens_from_the_beginning_that_is_once() -> None:
    with pytest.raises(UnreachableError, match="nothing usable answers at http://there"):
        Tries("http://there").failed(REFUSED, acknowledged=-1)


def test_a_gateway_that_is_started_again_meanwhile_is_waited_for() -> None:
    assert Tries("").failed(REFUSED, acknowledged=0) > 0
    tries = Tries("")
    tries.failed(LOST, acknowledged=-1)
    assert tries.failed(REFUSED, acknowledged=-1) > 0


def test_it_ends_after_so_many_without_a_byte_more() -> None:
    tries = Tries("")
    pauses = [tries.failed(LOST, acknowledged=5) for _ in range(TRIES - 1)]
    assert pauses[-1] > pauses[0]
    with pytest.raises(UnreachableError):
        tries.failed(LOST, acknowledged=5)


def test_each_byte_more_begins_a_new_row() -> None:
    tries = Tries("")
    assert all(tries.failed(LOST, acknowledged=size) <= 1.5 for size in range(3 * TRIES))


def test_what_is_begun_anew_is_not_a_byte_more() -> None:
    """An upload that is removed again and again comes to an end."""
    tries = Tries("")
    tries.failed(LOST, acknowledged=100)
    assert tries.failed(LOST, acknowledged=0) >= 2


def test_a_server_that_asks_for_time_has_it_and_its_words_are_the_last() -> None:
    tries, error = Tries(""), AwayError("the broker is away", retry_after=20)
    for _ in range(TRIES - 1):
        assert tries.failed(error, acknowledged=0) >= 20
    with pytest.raises(AwayError, match="the broker is away"):
        tries.failed(error, acknowledged=0)
