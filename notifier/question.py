"""What a client asks for, by the query of `GET /events` and `Last-Event-ID`; and what it is told of that."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from starlette.datastructures import Headers, QueryParams

from contracts.access.caller import Caller, Visibility
from contracts.blobs import JOB_ID
from notifier.beginning import Unreadable, Wanted
from notifier.cursor import parse_cursor
from notifier.errors import BadQuestionError, NobodysStreamError
from notifier.selection import Format, Selection

MAX_JOBS = 100
_DURATION = re.compile(r"([0-9]{1,5})([smhd])", re.ASCII)
_BARE_PLUS = re.compile(r" (?=[0-9]{2}:?[0-9]{2}$)")  # in a query it reads as a space
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}
_SINCE = "a duration such as `10m` (s, m, h, d), a time such as `2026-11-23T19:30:51Z`, or an `id` of this stream"


@dataclass(frozen=True)
class Question:
    """A stream as it was asked for."""

    format: Format
    jobs: frozenset[str]
    is_mine: bool
    progress: bool
    wanted: Wanted


def read_question(query: QueryParams, headers: Headers) -> Question:
    """Read the query; a cursor in the header, and one that a script put into the query, go before `since`.

    Raises:
        BadQuestionError: names the parameter, and the forms that it takes.
    """
    return Question(
        format=_format(query.get("format")),
        jobs=_jobs(query.getlist("job")),
        is_mine=_flag("mine", query.get("mine"), otherwise=False),
        progress=_flag("progress", query.get("progress"), otherwise=True),
        wanted=_wanted(headers.get("last-event-id") or query.get("last_event_id"), query.get("since")),
    )


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


def _format(value: str | None) -> Format:
    try:
        return Format(value or Format.JSON)
    except ValueError as error:
        raise _bad("format", value, "`json` (the default) or `text`") from error


def _jobs(values: list[str]) -> frozenset[str]:
    if len(values) > MAX_JOBS:
        raise BadQuestionError(f"job=…: at most {MAX_JOBS} of them in one stream; without any you get all jobs")
    for value in values:
        if not JOB_ID.fullmatch(value):
            raise _bad("job", value, "a job's id, a lower-case UUID; it may be repeated")
    return frozenset(values)


def _flag(name: str, value: str | None, *, otherwise: bool) -> bool:
    match value:
        case None:
            return otherwise
        case "1" | "true":
            return True
        case "0" | "false":
            return False
        case _:
            raise _bad(name, value, "`1` or `0`")


def _wanted(last_event_id: str | None, since: str | None) -> Wanted:
    if last_event_id:
        return parse_cursor(last_event_id) or Unreadable()
    if not since:
        return None
    found = parse_cursor(since) or _moment(since)
    if found is None:
        raise _bad("since", since, _SINCE)
    return found


def _moment(text: str) -> datetime | None:
    if match := _DURATION.fullmatch(text):
        return datetime.now(UTC) - timedelta(**{_UNITS[match[2]]: int(match[1])})
    try:
        moment = datetime.fromisoformat(_BARE_PLUS.sub("+", text[:40]))
    except ValueError:
        return None
    return moment if moment.tzinfo is not None else None


def _bad(name: str, value: str | None, accepted: str) -> BadQuestionError:
    return BadQuestionError(f"{name}={(value or '')[:40]}: use {accepted}")
