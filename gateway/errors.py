"""Errors named by the answer that their reader gives. Each carries a sentence for the person who sent the request."""

from collections.abc import Sequence


class RefusedError(Exception):
    """The request cannot be carried out as it is; `status` says why in HTTP's words."""

    status = 400
    title = "Bad request"
    retry_after: int | None = None  # seconds; set where trying again can help
    accepted: Sequence[str] = ()  # ids of the jobs that the broker had taken over before, and that will run


class NotMultipartError(RefusedError):
    status = 415
    title = "Not a multipart upload"


class BrokenFormError(RefusedError):
    status = 400
    title = "Broken multipart body"


class UnusableFormError(RefusedError):
    status = 422
    title = "Nothing to upload"


class TooLargeError(RefusedError):
    status = 413
    title = "Upload too large"


class TooSlowError(RefusedError):
    status = 408
    title = "Nothing came"


class UnknownPipelineError(RefusedError):
    status = 422
    title = "Unknown pipeline"


class NotReadyError(RefusedError):
    status = 503
    title = "Not ready yet"
    retry_after = 5


class StoreFullError(RefusedError):
    status = 507
    title = "Storage full"


class NotFoundError(RefusedError):
    status = 404
    title = "Not found"


class ConflictError(RefusedError):
    status = 409
    title = "Not in this state"


class UnusableKeyError(RefusedError):
    status = 400
    title = "Unusable idempotency key"


class KeyReusedError(RefusedError):
    status = 422
    title = "Idempotency key used before"


class RangeError(RefusedError):
    status = 416
    title = "Range not satisfiable"


class SentTwiceError(Exception):
    """Another request with the same key was faster: put this one's files away, and answer with the other's jobs."""


class SenderGoneError(Exception):
    """The connection closed before the body ended: there is nobody to answer, only things to put away."""
