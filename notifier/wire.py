"""AMQP 0-9-1 frames, as they come from a broker: deliveries put together, everything else decoded by pamqp.

Only the three frames of a delivery are read here: a notifier reads little else, and reads it for each client.
Source: AMQP 0-9-1 specification, sections 2.3.5 (frames) and 4.2 (wire format).
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass, field

import pamqp.frame
from pamqp.base import Frame
from pamqp.header import ContentHeader

METHOD, HEADER, BODY, HEARTBEAT = 1, 2, 3, 8
FRAME_END = 0xCE
BASIC_DELIVER = b"\x00\x3c\x00\x3c"  # class 60, method 60
MAX_BODY_BYTES = 4 * 1024 * 1024  # no event is nearly that long; a longer body is let go by, and seen as empty
MAX_FRAME_BYTES = 1024 * 1024  # we ask for 128 KB; whoever sends more than this is no broker of ours

_FRAME = struct.Struct(">BHI")
_TAG = struct.Struct(">Q")
_BODY_SIZE = struct.Struct(">4xQ")


class BrokenWireError(ConnectionError):
    """What came is no AMQP: leave the connection."""


@dataclass(slots=True)
class Delivered:
    """A message for a consumer, settled by its tag, which is its channel's."""

    channel: int
    consumer_tag: bytes
    delivery_tag: int
    body: bytes = b""
    missing: int = 0  # bytes of the body that are still to come
    is_too_long: bool = False
    header: bytes = field(default=b"", compare=False, repr=False)  # undecoded: few ask for it

    @property
    def offset(self) -> int:
        """Where it stands in its stream (https://www.rabbitmq.com/docs/streams#consuming).

        Raises:
            BrokenWireError: it comes from no stream.
        """
        header = ContentHeader()
        header.unmarshal(self.header)
        offset = (header.properties.headers or {}).get("x-stream-offset")
        if not isinstance(offset, int):
            raise BrokenWireError("a message of a stream without its offset")
        return offset


@dataclass(frozen=True, slots=True)
class Method:
    """Anything else that the broker says."""

    channel: int
    frame: Frame


class FrameReader:
    """Puts frames together from the pieces that a socket gives."""

    def __init__(self) -> None:
        self._rest = b""  # less than one frame
        self._coming: dict[int, Delivered] = {}  # one a channel at the most

    def feed(self, data: bytes) -> Iterator[Delivered | Method]:
        """What is whole now, in order.

        Raises:
            BrokenWireError: the bytes are no frames.
        """
        data = self._rest + data
        position, length = 0, len(data)
        while length - position >= _FRAME.size:
            kind, channel, size = _FRAME.unpack_from(data, position)
            if size > MAX_FRAME_BYTES:
                raise BrokenWireError(f"a frame of {size} bytes")
            start, end = position + _FRAME.size, position + _FRAME.size + size
            if end >= length:
                break
            if data[end] != FRAME_END:
                raise BrokenWireError("a frame without its end")
            whole = self._read(kind, channel, data, start, end)
            position = end + 1
            if whole is not None:
                yield whole
        self._rest = data[position:]

    def _read(self, kind: int, channel: int, data: bytes, start: int, end: int) -> Delivered | Method | None:
        match kind:
            case 1 if data.startswith(BASIC_DELIVER, start):
                self._coming[channel] = _delivery(channel, data, start + 4)
                return None
            case 1:
                return _method(channel, data[start - _FRAME.size : end + 1])
            case 2 if channel in self._coming:
                self._expect(self._coming[channel], data[start:end])
                return self._when_whole(channel)
            case 3 if channel in self._coming:
                self._add(self._coming[channel], data[start:end])
                return self._when_whole(channel)
            case 8:
                return None
            case _:
                raise BrokenWireError(f"a frame of type {kind} out of its place")

    def _expect(self, delivered: Delivered, header: bytes) -> None:
        (size,) = _BODY_SIZE.unpack_from(header)
        delivered.header = header
        delivered.missing = size
        delivered.is_too_long = size > MAX_BODY_BYTES

    def _add(self, delivered: Delivered, piece: bytes) -> None:
        delivered.missing -= len(piece)
        if not delivered.is_too_long:
            delivered.body = delivered.body + piece if delivered.body else piece

    def _when_whole(self, channel: int) -> Delivered | None:
        return self._coming.pop(channel) if self._coming[channel].missing <= 0 else None


def _delivery(channel: int, data: bytes, position: int) -> Delivered:
    """The arguments of `basic.deliver`: what follows the delivery tag nobody here asks for."""
    tag_end = position + 1 + data[position]
    return Delivered(channel, data[position + 1 : tag_end], _TAG.unpack_from(data, tag_end)[0])


def _method(channel: int, frame: bytes) -> Method:
    try:
        _, _, decoded = pamqp.frame.unmarshal(frame)
    except Exception as error:  # pamqp lets struct's and its own errors out, of many kinds
        raise BrokenWireError(f"a frame that cannot be decoded: {error}") from error
    if not isinstance(decoded, Frame):
        raise BrokenWireError(f"a {type(decoded).__name__} out of its place")
    return Method(channel, decoded)
