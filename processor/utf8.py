"""Text on its way out of a stage."""


def sendable(text: str) -> str:
    """Text that can be UTF-8: names of files may hold lone surrogates, which cannot."""
    return text.encode("utf-8", "replace").decode()
