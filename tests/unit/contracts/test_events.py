import json

import pytest

from contracts.documents import event_types
from contracts.errors import UnreadableMessageError
from contracts.events import Envelope, decode_event, encode
from tests.samples import one_of_each


@pytest.mark.parametrize("kind", one_of_each())
def test_an_event_is_the_same_after_a_journey(kind: str) -> None:
    event = one_of_each()[kind]
    assert decode_event(encode(event)) == event


def test_there_is_a_sample_of_every_type() -> None:
    assert set(one_of_each()) == set(event_types())


@pytest.mark.parametrize("kind", one_of_each())
def test_an_encoded_event_is_one_line_of_cloudevents(kind: str) -> None:
    body = encode(one_of_each("a\nname\rof \u2028 lines")[kind])
    assert b"\n" not in body
    assert b"\r" not in body
    assert {"specversion", "id", "source", "type", "subject", "time"} <= json.loads(body).keys()


def test_unknown_fields_are_ignored() -> None:
    event = one_of_each()["stage.progressed"]
    grown = json.loads(encode(event))
    grown["traceparent"] = "00-…"
    grown["data"]["mood"] = "good"
    assert decode_event(json.dumps(grown).encode()) == event


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"\xff\xfe",
        b"[]",
        b"{}",
        b'{"type": "job.exploded"}',
        encode(one_of_each()["job.queued"]).replace(b'"1.0"', b'"2.0"'),
        encode(one_of_each()["job.queued"]).replace(b'"attempt":1', b'"attempt":0'),
        b'{"type":' * 100_000,
    ],
)
def test_what_is_no_event_is_said_to_be_none_in_bounded_words(body: bytes) -> None:
    with pytest.raises(UnreadableMessageError) as caught:
        decode_event(body)
    assert len(str(caught.value)) < 600


def test_ids_rise_with_time() -> None:
    events = [Envelope(source="/s", subject=one_of_each()["job.queued"].subject) for _ in range(100)]
    assert [event.id for event in events] == sorted(event.id for event in events)
