"""Which encoding a text is in, or that the bytes are no text."""

import codecs

_MARKS = (  # the longer first: UTF-32's mark begins with UTF-16's
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_TEXT_CONTROLS = frozenset(b"\t\n\r\f\b\x1b")  # logs of terminals hold escapes
_OTHER_CONTROLS = bytes(code for code in range(0x20) if code not in _TEXT_CONTROLS) + b"\x7f"
MAX_CONTROL_SHARE = 0.005


def encoding_of(head: bytes, *, whole: bool) -> str | None:
    """The Python codec that reads a text which begins with `head`; None if it is no text.

    `whole` says that nothing follows; otherwise a character may be cut at the end.
    """
    if not head:
        return None
    if (wide := _marked(head) or _zero_pattern(head)) is not None:
        return wide if _decodes(head, wide, whole=whole) else None
    if b"\0" in head or _too_many_controls(head):
        return None
    if head.isascii():
        return "ascii"
    return "utf-8" if _decodes(head, "utf-8", whole=whole) else _single_byte(head)


def reader_codec(encoding: str) -> str:
    """The codec to read the whole text with: what began as ASCII may go on as UTF-8."""
    return "utf-8" if encoding == "ascii" else encoding


def _decodes(head: bytes, codec: str, *, whole: bool) -> bool:
    try:
        text = codecs.getincrementaldecoder(codec)().decode(head, whole)
    except UnicodeDecodeError:
        return False
    return "\0" not in text


def _marked(head: bytes) -> str | None:
    return next((codec for mark, codec in _MARKS if head.startswith(mark)), None)


def _zero_pattern(head: bytes) -> str | None:
    """UTF-16 without a mark: in Western text every other byte is zero."""
    sample = head[:4096]
    half = len(sample) // 2
    if half < 2:
        return None
    even, odd = sample[0::2].count(0), sample[1::2].count(0)
    if odd > 0.4 * half and even < 0.05 * half:
        return "utf-16-le"
    if even > 0.4 * half and odd < 0.05 * half:
        return "utf-16-be"
    return None


def _too_many_controls(head: bytes) -> bool:
    controls = len(head) - len(head.translate(None, _OTHER_CONTROLS))
    return controls > MAX_CONTROL_SHARE * len(head) and controls > 1


def _single_byte(head: bytes) -> str | None:
    """A guess among single-byte encodings: text is mostly ASCII, or has letters for its high bytes."""
    high = len(head.translate(None, bytes(range(0x80))))
    if high > 0.4 * len(head) and len(head) > 8:
        return None
    middle = len(head) - len(head.translate(None, bytes(range(0x80, 0xA0))))
    return "windows-1252" if middle else "iso-8859-1"
