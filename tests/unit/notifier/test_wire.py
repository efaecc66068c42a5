from contextlib import suppress

import pamqp.frame
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pamqp import commands
from pamqp.body import ContentBody
from pamqp.header import ContentHeader
from pamqp.heartbeat import Heartbeat

from notifier.wire import MAX_BODY_BYTES, BrokenWireError, Delivered, FrameReader, Method


def delivery(channel: int, tag: int, body: bytes, *, piece: int = 1000, consumer: str = "client.x.1") -> bytes:
    """As a broker sends it."""
    properties = commands.Basic.Properties(content_type="x", message_id="m")
    frames: list[commands.Basic.Deliver | ContentHeader | ContentBody] = [
        commands.Basic.Deliver(consumer_tag=consumer, delivery_tag=tag, exchange="events", routing_key="k"),
        ContentHeader(body_size=len(body), properties=properties),
        *(ContentBody(body[start : start + piece]) for start in range(0, len(body), piece)),
    ]
    return b"".join(pamqp.frame.marshal(frame, channel) for frame in frames)


def read(data: bytes, size: int) -> list[Delivered | Method]:
    reader = FrameReader()
    return [whole for start in range(0, len(data), size) for whole in reader.feed(data[start : start + size])]


@given(bodies=st.lists(st.binary(max_size=5000), max_size=5), size=st.integers(1, 6000), piece=st.integers(100, 5000))
def test_deliveries_come_whole_however_the_bytes_are_cut(bodies: list[bytes], size: int, piece: int) -> None:
    data = b"".join(delivery(3, tag, body, piece=piece) for tag, body in enumerate(bodies, 1))
    found = read(data, size)
    assert found == [Delivered(3, b"client.x.1", tag, body) for tag, body in enumerate(bodies, 1)]


def test_channels_may_interleave() -> None:
    one, two = delivery(1, 7, b"a" * 10), delivery(2, 8, b"b" * 10)
    first_frames = len(pamqp.frame.marshal(commands.Basic.Deliver("client.x.1", 7, False, "events", "k"), 1))
    data = one[:first_frames] + two + one[first_frames:]
    assert [(found.channel, found.body) for found in read(data, 5) if isinstance(found, Delivered)] == [
        (2, b"b" * 10),
        (1, b"a" * 10),
    ]


def test_other_methods_and_heartbeats() -> None:
    data = pamqp.frame.marshal(Heartbeat(), 0) + pamqp.frame.marshal(commands.Basic.ConsumeOk("client.x.1"), 4)
    [method] = read(data, 3)
    assert isinstance(method, Method)
    assert (method.channel, method.frame.name) == (4, "Basic.ConsumeOk")


def test_a_huge_body_is_let_go_by() -> None:
    data = delivery(1, 1, bytes(MAX_BODY_BYTES + 1), piece=100_000) + delivery(1, 2, b"next")
    found = read(data, 65_536)
    assert [(whole.delivery_tag, whole.body) for whole in found if isinstance(whole, Delivered)] == [
        (1, b""),
        (2, b"next"),
    ]


@pytest.mark.parametrize(
    "data",
    [
        b"HTTP/1.1 400 Bad Request\r\n\r\n",
        b"AMQP\x00\x00\x09\x01",
        b"\x01\x00\x00\xff\xff\xff\xff",
        b"\x01\x00\x00\x00\x00\x00\x04\x00\x0a\x00\x0aX",
        b"\x01\x00\x00\x00\x00\x00\x04\xff\xff\xff\xff\xce",
        b"\x03\x00\x01\x00\x00\x00\x01a\xce",
        b"\x63\x00\x01\x00\x00\x00\x01a\xce",
    ],
)
def test_what_is_no_amqp_is_said_to_be_none(data: bytes) -> None:
    with pytest.raises(BrokenWireError):
        read(data, 4096)


@given(st.binary(max_size=200))
def test_no_bytes_do_worse_than_that(data: bytes) -> None:
    with suppress(BrokenWireError):
        read(data, 50)
