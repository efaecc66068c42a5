"""Who hears how the connections to the broker fare."""

from typing import Protocol


class Link(Protocol):
    """Told when a connection, by its name, was made; and when it was lost or could not be made."""

    def is_up(self, connection: str) -> None: ...

    def is_down(self, connection: str) -> None: ...


class Unwatched:
    """Where nobody looks."""

    def is_up(self, connection: str) -> None: ...

    def is_down(self, connection: str) -> None: ...


UNWATCHED = Unwatched()
