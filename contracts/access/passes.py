"""What we sign for others to show again: a ticket for one stream, and a link to one job."""

import hashlib
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass

from itsdangerous import BadData, URLSafeSerializer

from contracts.access.caller import Share
from contracts.access.errors import BadPassError
from contracts.blobs import JOB_ID

TICKET_SECONDS = 60
MAX_TEXT = 1_024


@dataclass(frozen=True)
class Ticket:
    """Opens one stream in its owner's name, once, within a minute."""

    id: str
    owner: str
    expires_at: float
    until: float | None  # when the token expires that the ticket was got with; its stream ends with it


class Passes:
    """Signs with the newest secret, and knows what any of them signed. A ticket is no link, and neither is a cookie."""

    def __init__(self, secrets: tuple[str, ...], *, clock: Callable[[], float] = time.time) -> None:
        keys = list(reversed(secrets))  # itsdangerous signs with the last one
        sha256 = {"digest_method": hashlib.sha256}
        self._tickets = URLSafeSerializer(keys, salt="stagecast.ticket", signer_kwargs=sha256)
        self._shares = URLSafeSerializer(keys, salt="stagecast.share", signer_kwargs=sha256)
        self._clock = clock

    def ticket(self, owner: str, until: float | None) -> str:
        """One that nobody has used."""
        return self._text(self._tickets, [secrets.token_urlsafe(12), owner, self._clock() + TICKET_SECONDS, until])

    def read_ticket(self, text: str) -> Ticket:
        """Whether it was used is not said here.

        Raises:
            BadPassError: it is forged, or too old.
        """
        match self._read(self._tickets, text):
            case [str(id), str(owner), float(expires_at), float() | None as until] if expires_at > self._clock():
                return Ticket(id, owner, expires_at, until)
            case _:
                raise BadPassError("this ticket is not ours, or older than a minute: get another with POST /tickets")

    def share(self, job_id: str, seconds: float) -> Share:
        """A link to a job."""
        expires_at = self._clock() + seconds
        return Share(job_id, expires_at, self._text(self._shares, [job_id, expires_at]))

    def read_share(self, text: str) -> Share:
        """Read a link.

        Raises:
            BadPassError: it is forged, or expired.
        """
        match self._read(self._shares, text):
            case [str(job_id), float(expires_at)] if expires_at > self._clock() and JOB_ID.fullmatch(job_id):
                return Share(job_id, expires_at, text)
            case _:
                raise BadPassError("this link is not ours, or it has expired: ask who gave it to you for a new one")

    def _text(self, serializer: URLSafeSerializer, content: list[object]) -> str:
        text: str | bytes = serializer.dumps(content)
        return text if isinstance(text, str) else text.decode()

    def _read(self, serializer: URLSafeSerializer, text: str) -> object:
        try:
            return serializer.loads(text) if len(text) <= MAX_TEXT else None
        except BadData:
            return None
