"""How events come to clients; and the fan-out `shared`: the log feeds all, a client costs the broker nothing."""

import asyncio
from typing import Protocol

from notifier.connection import Connection
from notifier.selection import Selection
from notifier.subscription import Subscription


class FanOut(Protocol):
    """How events come to subscriptions, besides from the log."""

    async def run(self) -> None:
        """Keep going; never returns."""

    def fault(self) -> str | None:
        """What keeps this service from working, for `/readyz`."""

    def subscription(self, connection: Connection, selection: Selection) -> Subscription:
        """For a client that has just come."""

    def attach(self, subscription: Subscription) -> None:
        """Bring it its events, until it is detached; before that, and without it, the log feeds it."""

    async def detach(self, subscription: Subscription) -> None:
        """Its client has gone."""


class Shared:
    """Nothing to bring: every subscription holds its place in the log."""

    async def run(self) -> None:
        await asyncio.Event().wait()

    def fault(self) -> str | None:
        return None

    def subscription(self, connection: Connection, selection: Selection) -> Subscription:
        return Subscription(connection, selection)

    def attach(self, subscription: Subscription) -> None:
        pass

    async def detach(self, subscription: Subscription) -> None:
        pass
