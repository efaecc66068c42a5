"""Tickets for streams, each good once: with whichever notifier, since all see its first use in the same log."""

import asyncio
import secrets

from contracts.access.errors import BadPassError
from contracts.access.passes import Ticket
from notifier.errors import NotReadyError
from notifier.marks import Marks

ANSWER_SECONDS = 5.0


class Tickets:
    """Uses them up.

    What a process has not seen is a use that its history no longer held when it started: more than
    `STAGECAST_NOTIFIER_HISTORY_EVENTS` messages within a ticket's minute, and a restart in it.
    """

    def __init__(self, marks: Marks) -> None:
        self._marks = marks

    async def use(self, ticket: Ticket) -> None:
        """Raises:
        BadPassError: somebody was faster.
        NotReadyError: the broker is away, so nobody can say.
        """
        claimant = secrets.token_urlsafe(9)
        try:
            async with asyncio.timeout(ANSWER_SECONDS):
                await self._marks.ask(f"{ticket.id}:{claimant}")
        except TimeoutError as error:
            raise NotReadyError("the message broker does not answer at the moment; come with a new ticket") from error
        if not self._marks.claims.is_first(ticket.id, claimant):
            raise BadPassError("this ticket has been used: get another with POST /tickets")
