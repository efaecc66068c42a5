"""A JSON document: an array of records is a table, anything else a tree whose shape is told."""

import json
from collections import Counter
from typing import Any

from processor.inspection.analysis import Analysis
from processor.inspection.encoding import reader_codec
from processor.inspection.errors import UnreadableContentError
from processor.inspection.plain import whole_characters
from processor.inspection.wording import clip, plural
from processor.stage import Stage

MAX_JSON_BYTES = 32 * 1024 * 1024  # parsed, it takes ten times as much memory
MAX_KEYS = 2_000  # told apart
_NAMES = {
    dict: "object",
    list: "array",
    str: "text",
    bool: "boolean",
    int: "number",
    float: "number",
    type(None): "null",
}


def analyse_json(stage: Stage, encoding: str) -> Analysis:
    """The document as a table, or its shape.

    Raises:
        UnreadableContentError: it is no JSON after all.
    """
    document = _parsed(stage, encoding)
    if isinstance(document, list) and document and all(isinstance(item, dict) for item in document):
        return _as_table(document)
    types, keys, depth = _shape(document)
    top = _NAMES[type(document)]
    size = f" of {plural(len(document), 'item')}" if isinstance(document, dict | list) else ""
    facts = {"top_level": top, "depth": depth, "values": dict(types)}
    detail = facts | {"keys": [[clip(whole_characters(key), 80), count] for key, count in keys.most_common(20)]}
    summary = f"JSON {top}{size}, {plural(depth, 'level')} deep, {plural(types.total(), 'value')}"
    return Analysis("json", summary, facts, detail)


def _parsed(stage: Stage, encoding: str) -> Any:
    text = stage.source.path.read_bytes().decode(reader_codec(encoding), errors="replace")
    try:
        return json.loads(text.lstrip("\ufeff"), parse_constant=lambda _: None)
    except ValueError as error:
        raise UnreadableContentError(f"It looks like JSON, but is none: {error}.") from error
    except RecursionError as error:
        raise UnreadableContentError("Its JSON is nested too deeply to be read.") from error


def _as_table(records: list[dict[str, Any]]) -> Analysis:
    from processor.inspection.records import RecordTable

    table = RecordTable()
    for record in records:
        table.add(record)
    table.flush()
    profile = table.profile
    profile.notes.append("The document is one array of records.")
    return Analysis("table", profile.summary(), profile.facts(), profile.detail())


def _shape(document: Any) -> tuple[Counter[str], Counter[str], int]:
    """Values by type, keys by how often, and the depth. No recursion: the document chose its depth."""
    types: Counter[str] = Counter()
    keys: Counter[str] = Counter()
    depth, level = 0, [document]
    while level:
        depth += 1
        below: list[Any] = []
        for value in level:
            types[_NAMES[type(value)]] += 1
            if isinstance(value, dict):
                keys.update(key for key in value if key in keys or len(keys) < MAX_KEYS)
                below += value.values()
            elif isinstance(value, list):
                below += value
        level = below
    return types, keys, depth
