"""Errors named by the answer that their reader gets. Each carries a sentence for the person who asked."""


class RefusedError(Exception):
    """The question cannot be answered as it is; `status` says why in HTTP's words."""

    status = 400
    title = "Bad question"
    retry_after: int | None = None  # seconds; set where trying again can help


class BadQuestionError(RefusedError):
    """A parameter has a value that is none: say it in one of the accepted forms."""


class UnknownJobError(RefusedError):
    status = 404
    title = "Unknown job"


class NobodysStreamError(RefusedError):
    status = 403
    title = "Nobody's jobs"


class TooManyOfClientError(RefusedError):
    status = 429
    title = "Too many streams"
    retry_after = 10


class NotReadyError(RefusedError):
    status = 503
    title = "Not ready"
    retry_after = 3


class TooManyStreamsError(RefusedError):
    status = 503
    title = "No stream is free"
    retry_after = 10


class LogRemadeError(ConnectionError):
    """The log is not the one that was followed: begin anew with the one that is there."""
