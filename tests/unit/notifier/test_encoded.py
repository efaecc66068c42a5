import pytest
from prometheus_client import CollectorRegistry, Counter

from contracts.events import encode
from notifier.encoded import CACHED_EVENTS, Encoder
from tests.samples import one_of_each


@pytest.fixture
def registry() -> CollectorRegistry:
    return CollectorRegistry()


@pytest.fixture
def encoder(registry: CollectorRegistry) -> Encoder:
    return Encoder(Counter("skipped", "…", registry=registry))


def test_an_event_is_encoded_once_for_all(encoder: Encoder) -> None:
    body = encode(one_of_each()["stage.started"])
    assert encoder.read(body) is encoder.read(bytes(body))


def test_the_data_is_the_events_own_bytes(encoder: Encoder) -> None:
    body = encode(one_of_each()["stage.started"])
    event = encoder.read(body)
    assert event is not None
    assert event.data == b"data: %s\n\n" % body


def test_words_may_have_nothing_to_say(encoder: Encoder) -> None:
    event = encoder.read(encode(one_of_each()["job.started"]))
    assert event is not None
    assert event.words is None


def test_what_is_asked_about_an_event(encoder: Encoder) -> None:
    events = one_of_each()
    read = {kind: encoder.read(encode(event)) for kind, event in events.items()}
    assert {kind for kind, event in read.items() if event and event.is_last} == {
        "job.completed",
        "job.failed",
        "job.cancelled",
    }
    progress = {kind for kind, event in read.items() if event and event.progress_of}
    assert progress == {"stage.progressed", "upload.progressed"}


def test_what_nobody_can_decode_is_skipped_and_counted_once(encoder: Encoder, registry: CollectorRegistry) -> None:
    for _ in range(100):
        assert encoder.read(b"no event") is None
    assert registry.get_sample_value("skipped_total") == 1


def test_the_cache_is_bounded(encoder: Encoder) -> None:
    for number in range(CACHED_EVENTS * 3):
        encoder.read(b"%d" % number)
    assert len(encoder._cache) == CACHED_EVENTS
