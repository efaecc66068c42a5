"""`GET /events`, as a plain ASGI application: a stream is open for hours, so what it holds is kept small."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from starlette.datastructures import Headers, QueryParams
from starlette.requests import HTTPConnection
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from contracts.owners import Owners
from contracts.problem import problem
from contracts.server import Checks
from notifier.archive import Archive
from notifier.beginning import Replay, begin
from notifier.connection import Connection
from notifier.errors import BadQuestionError, NotReadyError, RefusedError, UnknownJobError
from notifier.fanout import FanOut
from notifier.hub import Hub
from notifier.places import Places
from notifier.question import Question, read_question
from notifier.selection import Selection
from notifier.subscription import Subscription

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

    owners: Owners
    places: Places
    origins: tuple[str, ...]

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
        except RefusedError as error:
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
        question = read_question(QueryParams(scope["query_string"]), Headers(scope=scope))
        visitor = self._door.owners.known_visitor(HTTPConnection(scope))
        selection = self._select(question, visitor).shared()
        if scope["method"] == "HEAD":
            await Response(headers={**STREAM_HEADERS, **self._door.headers(scope)})(scope, receive, send)
            return "", None
        self._require_readiness()
        await self._require_jobs(selection)
        beginning = begin(question.wanted, selection, self._hub.history, max_replay=self._hub.max_replay)
        if isinstance(beginning, Replay) and self._hub.has_nothing_for(selection, beginning.position):
            self._hub.figures.nothing_to_resume()
            await Response(status_code=204, headers=self._door.headers(scope))(
                scope, receive, send
            )  # an EventSource then stops
            return "", None
        client = visitor or _address(scope)
        self._door.places.take(client)
        try:
            await send({"type": "http.response.start", "status": 200, "headers": self._head(scope)})
            scope["headers"].clear()  # uvicorn keeps them as long as the connection
            subscription = self._fan_out.subscription(Connection(scope), selection)
            self._hub.open(subscription, beginning)
        except BaseException:
            self._door.places.give_back(client)
            raise
        return client, subscription

    def _head(self, scope: Scope) -> list[tuple[bytes, bytes]]:
        return [*_RAW_HEADERS, *((name.encode(), value.encode()) for name, value in self._door.headers(scope).items())]

    def _select(self, question: Question, visitor: str | None) -> Selection:
        owner = None
        if question.is_mine:
            if visitor is None:
                raise BadQuestionError(
                    "mine=1: use it with the cookie that the gateway sets, and with the same STAGECAST_SECRET in both"
                )
            owner = self._door.owners.pseudonym(visitor)
        return Selection(question.format, question.jobs, owner, question.progress)

    def _require_readiness(self) -> None:
        """Nobody is connected to nothing."""
        if any(check() for check in self._checks.values()):
            raise NotReadyError("the message broker does not answer at the moment; connect again shortly")

    async def _require_jobs(self, selection: Selection) -> None:
        unknown = [job_id for job_id in selection.jobs if self._hub.jobs.get(job_id) is None]
        for record in await self._archive.find_all(unknown):
            self._hub.learn(record)
        if missing := [job_id for job_id in unknown if self._hub.jobs.get(job_id) is None]:
            raise UnknownJobError(f"no job {missing[0]} was accepted here, or it was removed")


def refusal(error: RefusedError, headers: Mapping[str, str] = MappingProxyType({})) -> Response:
    """Why there is no stream, or no answer."""
    retry = {"Retry-After": str(error.retry_after)} if error.retry_after is not None else {}
    return problem(error.status, error.title, str(error), headers={**headers, **retry})


def _address(scope: Scope) -> str:
    client = scope.get("client")
    return client[0] if client else ""
