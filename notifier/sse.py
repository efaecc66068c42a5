"""The text/event-stream format, exactly (https://html.spec.whatwg.org/multipage/server-sent-events.html).

A line ends at CR, LF or CRLF, so each of them in `data` begins another `data:` line, and none of them can
stand in an `id` or an event's name. An `id` with a NUL is ignored by readers, so none is sent.
"""

import re

_LINE_END = re.compile("\r\n|\r|\n")
_FORBIDDEN = re.compile("[\0\r\n]")

HEARTBEAT = b":\n\n"


def frame(data: str, *, id: str | None = None, event: str | None = None) -> bytes:
    """One event. Without `event` a reader's `onmessage` gets it.

    Raises:
        ValueError: `id` or `event` has a character that would break the frame.
    """
    lines = []
    for name, value in (("id", id), ("event", event)):
        if value is not None:
            if _FORBIDDEN.search(value):
                raise ValueError(f"the {name} of an event cannot hold a line end or NUL")
            lines.append(f"{name}: {value}")
    lines += [f"data: {line}" for line in _LINE_END.split(data)]
    return ("\n".join(lines) + "\n\n").encode()


def id_line(id: str) -> bytes:
    """The first line of a frame that had none: its `id`."""
    return f"id: {id}\n".encode()


def place(id: str) -> bytes:
    """No event: readers remember the `id`, and send it back when they connect again."""
    return f"id: {id}\n\n".encode()


def retry(milliseconds: int) -> bytes:
    """How long a reader waits before it connects again."""
    return b"retry: %d\n\n" % milliseconds


def comment(text: str) -> bytes:
    """A line that readers skip."""
    return f": {_LINE_END.sub(' ', text)}\n\n".encode()
