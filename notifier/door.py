"""Who may come in, and what is said to those who may not."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from starlette.datastructures import Headers
from starlette.requests import HTTPConnection
from starlette.responses import Response
from starlette.types import Scope

from contracts.access.admission import TICKET, Admission
from contracts.access.caller import Caller
from contracts.access.errors import AccessError, BadPassError
from contracts.access.gate import refusal as access_refusal
from contracts.problem import problem
from notifier.errors import RefusedError
from notifier.places import Places
from notifier.tickets import Tickets


@dataclass(frozen=True)
class Door:
    """The way in to streams."""

    admission: Admission
    places: Places
    origins: tuple[str, ...]
    tickets: Tickets

    async def admit(self, scope: Scope) -> Caller:
        """Who asks for a stream: a ticket goes before all else that was brought.

        Raises:
            AccessError: it is not let in.
        """
        connection = HTTPConnection(scope)
        text = connection.query_params.get(TICKET)
        if text is None:
            return await self.admission.admit(connection)
        if self.admission.passes is None:
            raise BadPassError("this server gives out no tickets")
        ticket = self.admission.passes.read_ticket(text)
        await self.tickets.use(ticket)
        return self.admission.by_ticket(ticket)

    def headers(self, scope: Scope) -> dict[str, str]:
        """What a page of another origin needs to read the answer (https://fetch.spec.whatwg.org/#http-cors-protocol)."""
        origin = Headers(scope=scope).get("origin")
        if origin not in self.origins:
            return {"Vary": "Origin"}
        return {"Access-Control-Allow-Origin": origin, "Access-Control-Allow-Credentials": "true", "Vary": "Origin"}


def refusal(error: RefusedError | AccessError, headers: Mapping[str, str] = MappingProxyType({})) -> Response:
    """Why there is no stream, or no answer."""
    if isinstance(error, AccessError):
        answer = access_refusal(error)
        answer.headers.update(headers)
        return answer
    retry = {"Retry-After": str(error.retry_after)} if error.retry_after is not None else {}
    return problem(error.status, error.title, str(error), headers={**headers, **retry})
