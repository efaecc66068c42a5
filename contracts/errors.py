"""Errors named by what their reader does next."""


class UnreadableMessageError(ValueError):
    """The bytes are no message that this version understands: dead-letter or skip them, never retry."""


class IllegalTransitionError(ValueError):
    """A job cannot go from its state by that event: a fault of whoever wrote the event, never sent."""


class BadSettingError(ValueError):
    """A setting has a value that cannot work: correct it and start again."""


class PortTakenError(OSError):
    """Another process listens on that port: end it, or choose another port."""
