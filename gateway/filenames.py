"""What a sender calls a file, made fit to be shown. It is never used as a path."""

import re
import unicodedata

from contracts.job import MAX_NAME_BYTES

UNNAMED = "unnamed"
LONGEST_SUFFIX = 16

# The HTML standard escapes these three in a part's file name, and nothing else
# (https://html.spec.whatwg.org/multipage/form-control-infrastructure.html#multipart-form-data).
FORM_ESCAPES = {"%22": '"', "%0D": "\r", "%0A": "\n"}


def decode_form_name(raw: bytes) -> str:
    """The file name of a multipart part: UTF-8 as browsers and curl send it, else Latin-1."""
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError:
        text = raw.decode("latin-1")
    return re.sub("%22|%0D|%0A", lambda match: FORM_ESCAPES[match[0]], text)


def clean_name(name: str) -> str:
    """The last part of a path, on one line, without control or invisible-direction characters, in 255 bytes.

    Never empty: what leaves nothing, or only dots, is `unnamed`.
    """
    last = name.replace("\0", "").rsplit("/", 1)[-1]
    visible = "".join(_shown(character) for character in last)
    tidy = " ".join(visible.split())
    return _fit(tidy) if tidy.strip(". ") else UNNAMED


def _shown(character: str) -> str:
    match unicodedata.category(character):
        case "Cc" | "Zl" | "Zp":
            return " "
        case "Cs":
            return "\N{REPLACEMENT CHARACTER}"
        case "Cf" if unicodedata.bidirectional(character) != "BN":  # direction overrides make names lie
            return ""
        case _:
            return character


def _fit(name: str) -> str:
    """Cut in the middle, keeping the suffix, so that the UTF-8 form has at most 255 bytes."""
    if len(name.encode()) <= MAX_NAME_BYTES:
        return name
    stem, dot, suffix = name.rpartition(".")
    ending = f"…{dot}{suffix}" if stem and len(suffix) <= LONGEST_SUFFIX else "…"
    room = MAX_NAME_BYTES - len(ending.encode())
    return name.encode()[:room].decode("utf-8", "ignore") + ending
