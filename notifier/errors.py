"""Errors named by the answer that their reader gives."""


class UnknownFormatError(ValueError):
    """The stream was asked for in a format that there isn't: 400."""


class NoQueueError(ConnectionError):
    """The broker gave this client no queue: 503, try again shortly."""
