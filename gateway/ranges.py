"""One byte range of a representation (RFC 9110, section 14)."""

import re

from gateway.errors import RangeError

_RANGE = re.compile(r"bytes=(\d{0,18})-(\d{0,18})")


def parse_range(header: str | None, size: int) -> tuple[int, int] | None:
    """First byte and the one after the last; None asks for the whole.

    What is no single byte range is ignored, as the RFC allows.

    Raises:
        RangeError: it lies past the end.
    """
    match = _RANGE.fullmatch(header.strip()) if header else None
    if match is None or match.group(0) == "bytes=-":
        return None
    first, last = match.groups()
    if not first:
        start, end = max(0, size - int(last)), size
    else:
        start, end = int(first), min(size, int(last) + 1 if last else size)
        if last and int(last) < start:
            return None
    if start >= size or start >= end:
        raise RangeError(f"the artifact has {size} bytes")
    return start, end
