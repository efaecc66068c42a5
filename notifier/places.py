"""Limits: how many streams one process has, and how many of them one client."""

from collections import Counter

from notifier.errors import TooManyOfClientError, TooManyStreamsError
from notifier.figures import CLIENT, PROCESS, Figures


class Places:
    """Places for open streams."""

    def __init__(self, *, all_clients: int, one_client: int, figures: Figures) -> None:
        self._free = self._all = all_clients
        self._one_client = one_client
        self._taken: Counter[str] = Counter()
        self._figures = figures

    def take(self, client: str) -> None:
        """A place, to be given back.

        Raises:
            TooManyStreamsError: this process has none left.
            TooManyOfClientError: this client has too many.
        """
        if self._taken[client] >= self._one_client:
            self._figures.refused(CLIENT)
            raise TooManyOfClientError(
                f"you have {self._one_client} streams open, the limit for one client here: close some, or let several "
                "tabs share one"
            )
        if not self._free:
            self._figures.refused(PROCESS)
            raise TooManyStreamsError(f"all {self._all} streams of this notifier are taken; try again later")
        self._free -= 1
        self._taken[client] += 1

    def give_back(self, client: str) -> None:
        """The client's stream is over."""
        self._free += 1
        self._taken[client] -= 1
        if not self._taken[client]:
            del self._taken[client]
