"""Errors named by the answer that their reader gives. Each carries a sentence for the person who sent the request."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType


class RefusedError(Exception):
    """The request cannot be carried out as it is; `status` says why in HTTP's words."""

    status = 400
    title = "Bad request"
    retry_after: int | None = None  # seconds; set where trying again can help
    headers: Mapping[str, str] = MappingProxyType({})  # of the answer
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


class OverQuotaError(RefusedError):
    status = 429
    title = "Enough for today"


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


class UnusableDigestError(RefusedError):
    status = 400
    title = "Unusable digest"


class DigestMismatchError(RefusedError):
    status = 400
    title = "Digest mismatch"


class ChecksumMismatchError(RefusedError):
    status = 460  # as tus says it
    title = "Checksum mismatch"


class LockedError(RefusedError):
    status = 423
    title = "In use"
    retry_after = 1


class ForbiddenError(RefusedError):
    status = 403
    title = "Not allowed"


class WrongTypeError(RefusedError):
    status = 415
    title = "Wrong content type"


class WrongVersionError(RefusedError):
    status = 412
    title = "Another version of tus"


class BadRequestError(RefusedError):
    status = 400
    title = "Bad request"


class RangeError(RefusedError):
    status = 416
    title = "Range not satisfiable"


class SentTwiceError(Exception):
    """Another request with the same key was faster: put this one's files away, and answer with the other's jobs."""


class SenderGoneError(Exception):
    """The connection closed before the body ended: there is nobody to answer, only things to put away."""
