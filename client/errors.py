"""Errors named by what their reader does next."""


class ClientError(Exception):
    """What was asked for was not done: the message says why, and what to do."""


class UnreachableError(ClientError):
    """Nothing answers there: start it, or correct the URL."""


class AwayError(ClientError):
    """Something answers, but cannot serve now: come again, after `retry_after` seconds if it says so."""

    def __init__(self, message: str, *, retry_after: float | None = None) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class RefusedError(ClientError):
    """Asked again in the same way, it is refused again: ask for something else."""

    def __init__(self, message: str, *, status: int) -> None:
        super().__init__(message)
        self.status = status


class ChangedError(ClientError):
    """The file is not what it was when its sending began: send it again."""


class LostError(ClientError):
    """It could not be heard of for too long; the jobs go on without us: look again later."""
