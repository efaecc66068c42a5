import pytest
from prometheus_client import CollectorRegistry, Counter

from contracts.events import encode
from notifier.errors import UnknownFormatError
from notifier.frames import CACHED_EVENTS, Format, Frames, parse_format
from tests.samples import one_of_each


@pytest.fixture
def registry() -> CollectorRegistry:
    return CollectorRegistry()


@pytest.fixture
def frames(registry: CollectorRegistry) -> Frames:
    return Frames(Counter("skipped", "…", registry=registry))


def test_an_event_is_encoded_once_for_all(frames: Frames) -> None:
    body = encode(one_of_each()["stage.started"])
    assert frames.encode(body, Format.JSON) is frames.encode(bytes(body), Format.JSON)


def test_the_data_is_the_events_own_bytes(frames: Frames) -> None:
    event = one_of_each()["stage.started"]
    assert frames.encode(encode(event), Format.JSON) == b"id: %s\ndata: %s\n\n" % (event.id.encode(), encode(event))


def test_a_format_may_have_nothing_to_say(frames: Frames) -> None:
    assert frames.encode(encode(one_of_each()["job.started"]), Format.TEXT) is None


def test_what_nobody_can_decode_is_skipped_and_counted_once(frames: Frames, registry: CollectorRegistry) -> None:
    for _ in range(100):
        assert frames.encode(b"no event", Format.JSON) is None
        assert frames.encode(b"no event", Format.TEXT) is None
    assert registry.get_sample_value("skipped_total") == 1


def test_a_hostile_id_is_skipped(frames: Frames, registry: CollectorRegistry) -> None:
    event = one_of_each()["job.queued"].model_copy(update={"id": "a\nb"})
    assert frames.encode(encode(event), Format.JSON) is None
    assert registry.get_sample_value("skipped_total") == 1


def test_the_cache_is_bounded(frames: Frames) -> None:
    for number in range(CACHED_EVENTS * 3):
        frames.encode(b"%d" % number, Format.JSON)
    assert len(frames._cache) == CACHED_EVENTS


def test_formats() -> None:
    assert parse_format(None) is Format.JSON
    assert parse_format("text") is Format.TEXT
    with pytest.raises(UnknownFormatError, match="use `json`"):
        parse_format("xml" * 1000)
