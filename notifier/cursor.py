"""A place in the log of events, as the `id:` of a stream and as `Last-Event-ID`.

`<offset>-<proof>`: everything that this client may see, up to this offset of the log, has been sent. It means the same
to every notifier. The proof is drawn from the message that stands there: in a log that was wiped and made anew another
one does, so that nobody goes on at a place that is not theirs.
"""

import re
from dataclasses import dataclass
from zlib import crc32

_CURSOR = re.compile(r"([0-9]{1,18})-([0-9a-f]{8})", re.ASCII)


@dataclass(frozen=True, slots=True)
class Cursor:
    """Up to and with this message of the log."""

    offset: int
    proof: str

    def __str__(self) -> str:
        return f"{self.offset}-{self.proof}"


def proof_of(message_id: str) -> str:
    """Eight hexadecimal digits. Not the id's own first ones: in a UUID 7 they are the same for a whole minute."""
    return f"{crc32(message_id.encode()):08x}"


def parse_cursor(text: str) -> Cursor | None:
    """What a client sends back; None where it is nothing that we ever sent."""
    match = _CURSOR.fullmatch(text)
    return Cursor(int(match[1]), match[2]) if match else None
