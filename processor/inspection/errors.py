"""Errors of reading a file that anyone may have made. Their text is a sentence for people."""


class UnreadableContentError(Exception):
    """The file is not what it claims to be: say so, and look at its bytes instead."""


class TooExpensiveError(UnreadableContentError):
    """Reading on would cost more memory, disk or time than the file is worth."""
