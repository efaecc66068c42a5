import pickle

from hypothesis import given
from hypothesis import strategies as st

from notifier.settlements import Settlements


def received(count: int) -> Settlements:
    """Of a channel with so many deliveries, none of which is settled."""
    settlements = Settlements()
    for tag in range(1, count + 1):
        settlements.receive(tag)
    return settlements


def test_what_has_no_gap_is_one_acknowledgement() -> None:
    settlements = received(3)
    for tag in (2, 1, 3):
        settlements.settle(tag)
    assert list(settlements.collect()) == [(3, True)]
    assert list(settlements.collect()) == []


def test_a_slow_client_holds_up_nobody() -> None:
    settlements = received(6)
    for tag in (2, 3, 5):
        settlements.settle(tag)
    assert list(settlements.collect()) == [(2, False), (3, False), (5, False)]
    settlements.settle(1)
    assert list(settlements.collect()) == [(1, True)]
    settlements.settle(4)
    settlements.settle(6)
    assert list(settlements.collect()) == [(6, True)]


def test_what_passes_by_a_slow_client_is_not_remembered() -> None:
    settlements = received(1)
    for tag in range(2, 10_000):
        settlements.receive(tag)
        settlements.settle(tag)
        assert list(settlements.collect()) == [(tag, False)]
    assert len(pickle.dumps(settlements)) < 1_000


class Broker:
    """How RabbitMQ keeps a channel's unacknowledged deliveries; an unknown tag would close the channel."""

    def __init__(self, count: int) -> None:
        self.open = set(range(1, count + 1))

    def acknowledge(self, tag: int, multiple: bool) -> None:
        assert tag in self.open
        self.open -= {other for other in self.open if other <= tag} if multiple else {tag}


@given(order=st.permutations(range(1, 31)), cuts=st.sets(st.integers(1, 30)))
def test_each_delivery_is_acknowledged_once_and_none_before_it_is_settled(order: list[int], cuts: set[int]) -> None:
    settlements, broker = received(30), Broker(30)
    settled: set[int] = set()
    for number, tag in enumerate(order, 1):
        settlements.settle(tag)
        settled.add(tag)
        if number in cuts or number == 30:
            for acknowledgement in settlements.collect():
                broker.acknowledge(*acknowledgement)
            assert broker.open == set(range(1, 31)) - settled
