"""Sizes and spans of time in words, short enough for a table."""

_UNITS = ("bytes", "kB", "MB", "GB", "TB")


def size_said(size: int) -> str:
    """Bytes in decimal units: `512 bytes`, `1.3 MB`."""
    amount, unit = float(size), 0
    while amount >= 999.5 and unit < len(_UNITS) - 1:
        amount, unit = amount / 1000, unit + 1
    return f"{amount:.0f} {_UNITS[unit]}" if unit == 0 or amount >= 99.5 else f"{amount:.1f} {_UNITS[unit]}"


def span_said(seconds: float) -> str:
    """Seconds as `0.8 s`, `42 s`, `3 m 05 s`, `2 h 10 m`, `4 d 3 h`."""
    if seconds < 10:
        return f"{max(0.0, seconds):.1f} s"
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} m {whole % 60:02} s"
    if whole < 86_400:
        return f"{whole // 3600} h {whole % 3600 // 60:02} m"
    return f"{whole // 86_400} d {whole % 86_400 // 3600} h"


def percent_said(share: float) -> str:
    """0 to 1 as `43 %`."""
    return f"{share * 100:.0f} %"
