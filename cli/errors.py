"""Errors named by what their reader does next."""


class CannotStartError(Exception):
    """The stack cannot start: read the cause, do what the message says, start again."""
