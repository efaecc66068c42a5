"""Errors named by what their reader does next, and what an error says."""


def words_of(error: BaseException) -> str:
    """An error's own words, for people: the store's say all again below, as a tree for programmers."""
    return str(error).partition("\n\nDebug source:")[0].strip()


class UnreadableMessageError(ValueError):
    """The bytes are no message that this version understands: dead-letter or skip them, never retry."""


class IllegalTransitionError(ValueError):
    """A job cannot go from its state by that event: a fault of whoever wrote the event, never sent."""


class BadSettingError(ValueError):
    """A setting has a value that cannot work: correct it and start again."""


class PortTakenError(OSError):
    """Another process listens on that port: end it, or choose another port."""
