from notifier.amqp import Binding
from notifier.queues import bindings
from notifier.selection import Selection


def test_what_the_broker_is_asked_for() -> None:
    assert list(bindings(Selection())) == [Binding("events")]
    assert list(bindings(Selection(progress=False))) == [Binding("events")]
    assert list(bindings(Selection(owner="me"))) == [Binding("events.by-job", "me.*")]
    assert list(bindings(Selection(jobs=frozenset({"b", "a"})))) == [
        Binding("events.by-job", "*.a"),
        Binding("events.by-job", "*.b"),
    ]
    assert list(bindings(Selection(jobs=frozenset({"a"}), owner="me"))) == [Binding("events.by-job", "me.a")]
