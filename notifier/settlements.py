"""Which deliveries of a channel are settled, and with how few acknowledgements to say so."""

from bisect import bisect
from collections.abc import Iterator


class Settlements:
    """Delivery tags of one channel (AMQP 0-9-1, section 1.1, `delivery-tag`).

    All that is settled without a gap is acknowledged by one tag. What lies behind a gap, which is a client that
    has not taken its event yet, is acknowledged one by one, so that nobody waits for that client.
    """

    def __init__(self) -> None:
        # Both are bounded by the prefetch of the channel's clients.
        self._open: set[int] = set()
        self._settled: set[int] = set()  # and not acknowledged

    def receive(self, delivery_tag: int) -> None:
        """A delivery has come; it is to be settled once."""
        self._open.add(delivery_tag)

    def settle(self, delivery_tag: int) -> None:
        """The delivery is done with."""
        self._open.remove(delivery_tag)
        self._settled.add(delivery_tag)

    def collect(self) -> Iterator[tuple[int, bool]]:
        """The acknowledgements to send now, as `(delivery tag, multiple)`."""
        settled, self._settled = sorted(self._settled), set()
        gap = bisect(settled, min(self._open)) if self._open else len(settled)
        if gap:
            yield settled[gap - 1], True
        yield from ((tag, False) for tag in settled[gap:])
