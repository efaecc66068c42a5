"""Errors named by what their reader does next."""


class CannotStartError(Exception):
    """The stack cannot start: read the cause, do what the message says, start again."""


class CannotDoError(Exception):
    """A command could not do what was asked: read why; what it had done before is said, and the rest is as it was."""
