"""Which deliveries of a channel are settled, and with how few acknowledgements to say so."""

from collections.abc import Iterator


class Settlements:
    """Delivery tags of one channel, which count from 1 (AMQP 0-9-1, section 1.1, `delivery-tag`).

    All that is settled without a gap is acknowledged by one tag. What lies behind a gap, which is a client that
    has not taken its event yet, is acknowledged one by one, so that nobody waits for that client.
    """

    def __init__(self) -> None:
        self._first_open = 1  # everything before it is acknowledged
        self._settled: set[int] = set()  # bounded by the prefetch of the channel's clients, as is the next
        self._acknowledged: set[int] = set()  # one by one, behind the gap

    def settle(self, delivery_tag: int) -> None:
        """The delivery is done with."""
        self._settled.add(delivery_tag)

    def collect(self) -> Iterator[tuple[int, bool]]:
        """The acknowledgements to send now, as `(delivery tag, multiple)`."""
        last = 0
        while (tag := self._first_open) in self._settled or tag in self._acknowledged:
            if tag in self._settled:
                last = tag  # a tag that is acknowledged already would close the channel
                self._settled.discard(tag)
            self._acknowledged.discard(tag)
            self._first_open += 1
        if last:
            yield last, True
        for tag in sorted(self._settled):
            yield tag, False
        self._acknowledged |= self._settled
        self._settled.clear()
