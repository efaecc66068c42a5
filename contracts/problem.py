"""Errors as problem details (RFC 9457)."""

from collections.abc import Mapping

from starlette.responses import JSONResponse, Response

FAULT = "fault"  # in a request's state: the error that it was answered with, for those who count


def problem(
    status: int, title: str, detail: str, *, headers: Mapping[str, str] | None = None, **extensions: object
) -> Response:
    """An `application/problem+json` answer; what went wrong is in `title`, what to do about it in `detail`."""
    return JSONResponse(
        {"type": "about:blank", "title": title, "status": status, "detail": detail, **extensions},
        status_code=status,
        headers={"Cache-Control": "no-store", **(headers or {})},
        media_type="application/problem+json",
    )
