"""`GET /events`, as a plain ASGI application: a stream is open for hours, so what it holds is kept small."""

from starlette.datastructures import Headers, QueryParams
from starlette.requests import HTTPConnection
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from contracts.owners import Owners
from contracts.server import Checks
from notifier.archive import Archive
from notifier.beginning import Beginning, Replay, begin
from notifier.connection import Connection
from notifier.errors import BadQuestionError, NotReadyError, UnknownJobError
from notifier.fanout import FanOut
from notifier.hub import Hub
from notifier.places import Places
from notifier.question import Question, read_question
from notifier.selection import Selection

STREAM_HEADERS = {
    "content-type": "text/event-stream; charset=utf-8",
    "cache-control": "no-store, no-transform",
    "x-accel-buffering": "no",  # nginx and those who follow it
    "x-content-type-options": "nosniff",
}
_RAW_HEADERS = [(name.encode(), value.encode()) for name, value in STREAM_HEADERS.items()]


class Events:
    """Opens streams. All that can be refused is refused before the response begins."""

    def __init__(
        self,
        hub: Hub,
        fan_out: FanOut,
        archive: Archive,
        owners: Owners,
        *,
        places: Places,
        checks: Checks,
    ) -> None:
        self._hub = hub
        self._fan_out = fan_out
        self._archive = archive
        self._owners = owners
        self._places = places
        self._checks = checks

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        question = read_question(QueryParams(scope["query_string"]), Headers(scope=scope))
        visitor = self._owners.known_visitor(HTTPConnection(scope))
        selection = self._select(question, visitor)
        if scope["method"] == "HEAD":
            await Response(headers=STREAM_HEADERS)(scope, receive, send)
            return
        self._require_readiness()
        await self._require_jobs(selection)
        beginning = begin(question.wanted, selection, self._hub.history, max_replay=self._hub.manners.max_replay)
        if isinstance(beginning, Replay) and self._hub.has_nothing_for(selection, beginning.position):
            self._hub.figures.nothing_to_resume()
            await Response(status_code=204)(scope, receive, send)  # an EventSource then stops
            return
        with self._places.take(visitor or _address(scope)):
            await send({"type": "http.response.start", "status": 200, "headers": list(_RAW_HEADERS)})
            await self._stream(scope, receive, selection, beginning)

    async def _stream(self, scope: Scope, receive: Receive, selection: Selection, beginning: Beginning) -> None:
        """The hub writes; here is only waited for the end: the client's, or the connection's after a farewell."""
        subscription = self._fan_out.subscription(Connection(scope), selection)
        with self._hub.open(subscription, beginning):
            async with self._fan_out.attached(subscription):
                while (await receive())["type"] != "http.disconnect":
                    pass

    def _select(self, question: Question, visitor: str | None) -> Selection:
        owner = None
        if question.is_mine:
            if visitor is None:
                raise BadQuestionError(
                    "mine=1: use it with the cookie that the gateway sets, and with the same STAGECAST_SECRET in both"
                )
            owner = self._owners.pseudonym(visitor)
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


def _address(scope: Scope) -> str:
    client = scope.get("client")
    return client[0] if client else ""
