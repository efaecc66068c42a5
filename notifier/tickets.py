"""Tickets for streams, each good once: with whichever notifier, since all see its first use in the same log."""

import asyncio
import secrets
from typing import Protocol

from contracts.access.errors import BadPassError
from contracts.access.passes import Ticket
from notifier.claims import Claims
from notifier.errors import NotReadyError

ANSWER_SECONDS = 5.0


class Log(Protocol):
    """What tickets need of the log."""

    claims: Claims

    async def mark(self, claim: str = "") -> int:
        """Return when a mark with the claim has come back."""


class Tickets:
    """Uses them up.

    What a process has not seen is a use that its history no longer held when it started: more than
    `STAGECAST_NOTIFIER_HISTORY_EVENTS` messages within a ticket's minute, and a restart in it.
    """

    def __init__(self, log: Log) -> None:
        self._log = log

    async def use(self, ticket: Ticket) -> None:
        """Raises:
        BadPassError: somebody was faster.
        NotReadyError: the broker is away, so nobody can say.
        """
        claimant = secrets.token_urlsafe(9)
        try:
            async with asyncio.timeout(ANSWER_SECONDS):
                await self._log.mark(f"{ticket.id}:{claimant}")
        except TimeoutError as error:
            raise NotReadyError("the message broker does not answer at the moment; come with a new ticket") from error
        if not self._log.claims.is_first(ticket.id, claimant):
            raise BadPassError("this ticket has been used: get another with POST /tickets")
