"""The contracts as TypeScript declarations, for who reads events in a browser. From the JSON Schemas, which say all."""

from collections.abc import Mapping
from typing import Any

from pydantic.json_schema import models_json_schema

from contracts.events import EVENT, Envelope
from contracts.snapshot import JobSnapshot

Schema = Mapping[str, Any]

HEAD = """/** What Stagecast sends: generated from `contracts/` by `make docs`. The words are in docs/events.md. */
"""
_PRIMITIVES = {"string": "string", "integer": "number", "number": "number", "boolean": "boolean", "null": "null"}


def declarations(events: Mapping[str, type[Envelope]]) -> str:
    """`events.d.ts`: a type for each event, their union, and a job as a snapshot has it."""
    _, snapshot = models_json_schema([(JobSnapshot, "serialization")])
    definitions = {**EVENT.json_schema(mode="serialization")["$defs"], **snapshot["$defs"]}
    types = [_declaration(name, definitions[name]) for name in sorted(definitions)]
    union = " | ".join(kind.__name__ for kind in events.values())
    return "\n".join([HEAD, *types, f"export type Event = {union};\n"])


def _declaration(name: str, schema: Schema) -> str:
    words = " ".join(schema.get("description", "").split())
    comment = f"/** {words} */\n" if words else ""
    return f"{comment}export type {name} = {_type(schema)};\n"


def _type(schema: Schema) -> str:
    match schema:
        case {"$ref": reference}:
            return str(reference).rpartition("/")[2]
        case {"const": value}:
            return f'"{value}"'
        case {"enum": values}:
            return " | ".join(f'"{value}"' for value in values)
        case {"anyOf": choices}:
            return " | ".join(_type(choice) for choice in choices)
        case {"type": kind}:
            return _shape(kind, schema)
    return "any"  # a schema that asks for nothing takes all


def _shape(kind: str, schema: Schema) -> str:
    match kind:
        case "array":
            return f"readonly {_in_array(_type(schema['items']))}[]"
        case "object":
            return _object(schema["properties"]) if "properties" in schema else "Record<string, any>"
    return _PRIMITIVES[kind]


def _in_array(element: str) -> str:
    return f"({element})" if " " in element else element


def _object(properties: Mapping[str, Schema]) -> str:
    return "{\n" + "".join(_property(name, schema) for name, schema in properties.items()) + "}"


def _property(name: str, schema: Schema) -> str:
    """What is null in Python is left out when it is sent."""
    choices = [choice for choice in schema.get("anyOf", ()) if choice != {"type": "null"}]
    is_optional = len(choices) < len(schema.get("anyOf", ()))
    words = " ".join(schema.get("description", "").split())
    comment = f"  /** {words} */\n" if words else ""
    kind = _type({"anyOf": choices} if choices else schema)
    return f"{comment}  {name}{'?' if is_optional else ''}: {kind};\n"
