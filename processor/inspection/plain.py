"""JSON values: what may stand in facts and artifacts, whatever a parser handed out."""

import json
import math
from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from typing import Any

from processor.inspection.wording import clip

MAX_STRING = 4000
MAX_EXACT_INTEGER = 2**53  # beyond it a browser's numbers lose digits, so they travel as text
MAX_DEPTH = 12


def plain(value: Any, *, limit: int = MAX_STRING, depth: int = MAX_DEPTH) -> Any:  # noqa: PLR0911 - a type a line
    """The value as JSON can say it: no NaN, no infinity, no half characters, no text above `limit`."""
    match value:
        case None | bool():
            return value
        case int():
            return value if abs(value) <= MAX_EXACT_INTEGER else clip(_digits(value), limit)
        case float():
            return value if math.isfinite(value) else None
        case str():
            return clip(whole_characters(value), limit)
        case datetime() | date() | time():
            return value.isoformat()
        case timedelta():
            return value.total_seconds()
        case Mapping() if depth:
            return {
                clip(whole_characters(str(key)), limit): plain(item, limit=limit, depth=depth - 1)
                for key, item in value.items()
            }
        case list() | tuple() if depth:
            return [plain(item, limit=limit, depth=depth - 1) for item in value]
        case _:
            return clip(whole_characters(str(value)), limit)


def whole_characters(text: str) -> str:
    """The text without lone surrogates, which UTF-8 cannot carry."""
    return text if text.isascii() else text.encode("utf-8", "replace").decode("utf-8")


def to_json(value: Any) -> str:
    """Readable JSON of anything."""
    return json.dumps(plain(value), ensure_ascii=False, allow_nan=False, indent=1)


def _digits(value: int) -> str:
    try:
        return str(value)
    except ValueError:  # Python refuses to print integers of thousands of digits
        return f"an integer of {value.bit_length()} bits"
