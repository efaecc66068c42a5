"""What an answer means: it is as hoped for, or one of our errors."""

import httpx

from client.errors import AwayError, RefusedError

# What a proxy or a service says that is overloaded, is restarted, or has lost what stands behind it.
AWAY = frozenset({429, 502, 503, 504})
LONGEST_RETRY_AFTER = 60.0


def judge(answer: httpx.Response) -> None:
    """Return if it is a success. Its body must have been read.

    Raises:
        AwayError, RefusedError: with the words of the problem document (RFC 9457), where it is one.
    """
    if answer.is_success:
        return
    words = said(answer)
    if answer.status_code in AWAY:
        raise AwayError(words, retry_after=retry_after(answer))
    raise RefusedError(words, status=answer.status_code)


def said(answer: httpx.Response) -> str:
    """Why it is no success."""
    detail = None
    if "json" in answer.headers.get("content-type", ""):
        try:
            told = answer.json()
        except ValueError:
            told = None
        detail = told.get("detail") if isinstance(told, dict) else None
    if isinstance(detail, str) and detail:
        return detail
    return f"{answer.request.url.copy_with(query=None)} answers {answer.status_code} {answer.reason_phrase}".rstrip()


def retry_after(answer: httpx.Response) -> float | None:
    """The seconds of `Retry-After`, within reason; its other form, a date, is not used here."""
    value = answer.headers.get("retry-after", "").strip()
    return min(LONGEST_RETRY_AFTER, float(value)) if value.isascii() and value.isdigit() else None
