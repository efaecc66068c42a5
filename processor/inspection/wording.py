"""Sizes, numbers and strangers' texts, in words for people."""

import unicodedata

MAX_TEXT = 300  # longer texts end in an ellipsis
_INVISIBLE = {
    "Cc",
    "Cf",
    "Cs",
    "Co",
    "Cn",
    "Zl",
    "Zp",
}  # control, format (bidi!), surrogate, private, unassigned, breaks


def human_size(size: int) -> str:
    """`431 MB`, in powers of 1000, as disks and browsers count."""
    if size < 1000:
        return plural(size, "byte")
    value = float(size)
    for unit in ("kB", "MB", "GB", "TB"):
        value /= 1000
        if value < 999.5 or unit == "TB":
            break
    return f"{value:.1f} {unit}" if value < 9.95 else f"{value:,.0f} {unit}"


def plural(count: int, noun: str, many: str = "") -> str:
    """`1 row`, `12,345 rows`."""
    return f"{count:,} {noun if count == 1 else many or noun + 's'}"


def number(value: float | int | str | None) -> str:
    """A number as a reader wants it: whole ones whole, others with six digits."""
    if value is None:
        return "–"
    if isinstance(value, float) and not value.is_integer():
        return f"{value:,.6g}"
    if isinstance(value, str):
        return value
    return f"{value:,.0f}" if abs(value) < 1e15 else f"{value:.6g}"


def percent(part: float, whole: float) -> str:
    """`12 %`; what is neither nothing nor all is never said to be."""
    if whole <= 0:
        return "–"
    share = part / whole * 100
    if 0 < share < 0.1:
        return "< 0.1 %"
    if 99.9 < share < 100:
        return "> 99.9 %"
    return f"{share:.1f} %".replace(".0 %", " %")


def clip(text: str, limit: int = MAX_TEXT) -> str:
    """At most `limit` characters; a cut one ends in an ellipsis."""
    return text if len(text) <= limit else text[: limit - 1] + "…"


def visible(text: str, *, keep: str = "") -> str:
    """The text with every character that hides, reorders or breaks lines shown as what it is.

    Those in `keep` stay: a preview keeps its line feeds and tabs.
    """
    if text.isascii() and text.isprintable():
        return text
    return "".join(char if char in keep else _shown(char) for char in text)


def _shown(char: str) -> str:
    if unicodedata.category(char) not in _INVISIBLE:
        return char
    code = ord(char)
    if code < 0x20:
        return chr(0x2400 + code)
    return "␡" if code == 0x7F else f"⟨U+{code:04X}⟩"
