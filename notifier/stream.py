"""`GET /events`, as a plain ASGI application: a stream is open for hours, so what it holds is kept small."""

from dataclasses import dataclass

from starlette.datastructures import Headers, QueryParams
from starlette.requests import HTTPConnection
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from contracts.access.caller import Caller
from contracts.access.errors import AccessError
from contracts.server import Checks
from notifier.archive import Archive
from notifier.beginning import Beginning, Replay, begin
from notifier.connection import Connection
from notifier.door import Door, refusal
from notifier.errors import NotReadyError, RefusedError, UnknownJobError
from notifier.fanout import FanOut
from notifier.hub import Hub
from notifier.question import read_question, select
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
class Opening:
    """A stream that may be opened."""

    client: str  # whose it is, for those who count
    selection: Selection
    beginning: Beginning
    expires_at: float | None


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
        opening = await self._look_at(scope)
        if isinstance(opening, Response):
            await opening(scope, receive, send)
            return "", None
        self._door.places.take(opening.client)
        try:
            await send({"type": "http.response.start", "status": 200, "headers": self._head(scope)})
            scope["headers"].clear()  # uvicorn keeps them as long as the connection
            return opening.client, self._begin(Connection(scope), opening)
        except BaseException:
            self._door.places.give_back(opening.client)
            raise

    async def _look_at(self, scope: Scope) -> Opening | Response:
        """What is asked for, if there is to be a stream of it; else the answer in its place."""
        self._door.admission.screen(HTTPConnection(scope))
        question = read_question(QueryParams(scope["query_string"]), Headers(scope=scope))
        caller = await self._door.admit(scope)
        selection = select(question, caller).shared()
        if scope["method"] == "HEAD":
            return Response(headers={**STREAM_HEADERS, **self._door.headers(scope)})
        self._require_readiness()
        await self._require_jobs(selection, caller)
        beginning = begin(question.wanted, selection, self._hub.history, max_replay=self._hub.max_replay)
        if isinstance(beginning, Replay) and self._hub.has_nothing_for(selection, beginning.position):
            self._hub.figures.nothing_to_resume()
            return Response(status_code=204, headers=self._door.headers(scope))  # an EventSource then stops
        client = caller.owner if caller.is_known and caller.owner else _address(scope)
        return Opening(client, selection, beginning, caller.expires_at)

    def _begin(self, connection: Connection, opening: Opening) -> Subscription:
        subscription = self._fan_out.subscription(connection, opening.selection)
        subscription.expires_at = opening.expires_at
        self._hub.open(subscription, opening.beginning)
        return subscription

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


def _address(scope: Scope) -> str:
    client = scope.get("client")
    return client[0] if client else ""
