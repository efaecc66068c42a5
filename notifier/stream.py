"""`GET /events`, as a plain ASGI application: a stream is open for hours, so what it holds is kept small."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from starlette.datastructures import Headers, QueryParams
from starlette.requests import HTTPConnection
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from contracts.access.admission import TICKET, Admission
from contracts.access.caller import Caller, Visibility
from contracts.access.errors import AccessError, BadPassError
from contracts.access.gate import refusal as access_refusal
from contracts.problem import problem
from contracts.server import Checks
from notifier.archive import Archive
from notifier.beginning import Replay, begin
from notifier.connection import Connection
from notifier.errors import BadQuestionError, NobodysStreamError, NotReadyError, RefusedError, UnknownJobError
from notifier.fanout import FanOut
from notifier.hub import Hub
from notifier.places import Places
from notifier.question import Question, read_question
from notifier.selection import Selection
from notifier.subscription import Subscription
from notifier.tickets import Tickets

STREAM_HEADERS = {
    "content-type": "text/event-stream; charset=utf-8",
    "cache-control": "no-store, no-transform",
    "x-accel-buffering": "no",  # nginx and those who follow it
    "x-content-type-options": "nosniff",
}
_RAW_HEADERS = [(name.encode(), value.encode()) for name, value in STREAM_HEADERS.items()]


@dataclass(frozen=True)
class Door:
    """Who may come in."""

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


class Events:
    """Opens streams. All that can be refused is refused before the response begins.

    Thousands are open at a time, so nothing but the wait stays on a stream's stack.
    """

    def __init__(self, hub: Hub, fan_out: FanOut, archive: Archive, door: Door, checks: Checks) -> None:
        self._hub = hub
        self._fan_out = fan_out
        self._archive = archive
        self._door = door
        self._checks = checks

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """The hub writes; here is only waited for the end: the client's, or the connection's after a farewell."""
        try:
            client, subscription = await self._open(scope, receive, send)
        except (RefusedError, AccessError) as error:
            await refusal(error, self._door.headers(scope))(scope, receive, send)
            return
        if subscription is None:
            return
        try:
            self._fan_out.attach(subscription)
            while (await receive())["type"] != "http.disconnect":
                pass
        finally:
            self._hub.close(subscription)
            self._door.places.give_back(client)
            await self._fan_out.detach(subscription)

    async def _open(self, scope: Scope, receive: Receive, send: Send) -> tuple[str, Subscription | None]:
        """A stream that has begun, and whose it is; None where another answer was sent."""
        self._door.admission.screen(HTTPConnection(scope))
        question = read_question(QueryParams(scope["query_string"]), Headers(scope=scope))
        caller = await self._door.admit(scope)
        selection = select(question, caller).shared()
        if scope["method"] == "HEAD":
            await Response(headers={**STREAM_HEADERS, **self._door.headers(scope)})(scope, receive, send)
            return "", None
        self._require_readiness()
        await self._require_jobs(selection, caller)
        beginning = begin(question.wanted, selection, self._hub.history, max_replay=self._hub.max_replay)
        if isinstance(beginning, Replay) and self._hub.has_nothing_for(selection, beginning.position):
            self._hub.figures.nothing_to_resume()
            await Response(status_code=204, headers=self._door.headers(scope))(
                scope, receive, send
            )  # an EventSource then stops
            return "", None
        client = caller.owner if caller.is_known and caller.owner else _address(scope)
        self._door.places.take(client)
        try:
            await send({"type": "http.response.start", "status": 200, "headers": self._head(scope)})
            scope["headers"].clear()  # uvicorn keeps them as long as the connection
            subscription = self._fan_out.subscription(Connection(scope), selection)
            subscription.expires_at = caller.expires_at
            self._hub.open(subscription, beginning)
        except BaseException:
            self._door.places.give_back(client)
            raise
        return client, subscription

    def _head(self, scope: Scope) -> list[tuple[bytes, bytes]]:
        return [*_RAW_HEADERS, *((name.encode(), value.encode()) for name, value in self._door.headers(scope).items())]

    def _require_readiness(self) -> None:
        """Nobody is connected to nothing."""
        if any(check() for check in self._checks.values()):
            raise NotReadyError("the message broker does not answer at the moment; connect again shortly")

    async def _require_jobs(self, selection: Selection, caller: Caller) -> None:
        """All of them exist, and are this caller's to see: nobody learns which of both was wrong."""
        unknown = [job_id for job_id in selection.jobs if self._hub.jobs.get(job_id) is None]
        for record in await self._archive.find_all(unknown):
            self._hub.learn(record)
        for job_id in selection.jobs:
            known = self._hub.jobs.get(job_id)
            if known is None or not caller.may_read(known.snapshot.job):
                raise UnknownJobError(f"no job {job_id} was accepted here, or it was removed")


def select(question: Question, caller: Caller) -> Selection:
    """What a caller is told of what it asked for: never more than it may see.

    Raises:
        BadQuestionError: it asks for its own jobs, and is nobody that we know.
        NobodysStreamError: it may see its own jobs alone, and is nobody that we know.
    """
    jobs, owner = question.jobs, caller.only_owner
    if caller.share is not None:
        jobs = jobs or frozenset({caller.share.job_id})
    elif not caller.is_known and question.is_mine:
        raise BadQuestionError(
            "mine=1: use it with the cookie that the gateway sets, and with the same STAGECAST_SECRET in both"
        )
    elif not caller.is_known and caller.visibility is Visibility.OWN and not jobs:
        raise NobodysStreamError("here everybody sees only their own jobs: send the cookie that the gateway sets")
    if question.is_mine:
        owner = caller.owner
    return Selection(question.format, jobs, owner, question.progress)


def refusal(error: RefusedError | AccessError, headers: Mapping[str, str] = MappingProxyType({})) -> Response:
    """Why there is no stream, or no answer."""
    if isinstance(error, AccessError):
        answer = access_refusal(error)
        answer.headers.update(headers)
        return answer
    retry = {"Retry-After": str(error.retry_after)} if error.retry_after is not None else {}
    return problem(error.status, error.title, str(error), headers={**headers, **retry})


def _address(scope: Scope) -> str:
    client = scope.get("client")
    return client[0] if client else ""
