"""The contracts as documents for other people's tools: JSON Schema 2020-12, AsyncAPI 3.0 and TypeScript."""

import json
import types
from collections.abc import Mapping
from pathlib import Path
from typing import Any, get_args

from contracts.control import Cancel
from contracts.events import EVENT, Envelope, Event
from contracts.job import JobRequest
from contracts.topology import CONTROL, EVENTS, JOBS
from contracts.typescript import declarations

DOCS = Path("docs")
WEB = Path("gateway/web")
SCHEMA_DIALECT = "https://json-schema.org/draft/2020-12/schema"
SCHEMA_FILE = "event.schema.json"
ASYNCAPI_FILE = "asyncapi.json"
TYPES_FILE = "events.d.ts"


def event_types() -> dict[str, type[Envelope]]:
    """Every event class by its `type`."""
    union, _ = get_args(Event)
    assert isinstance(union, types.UnionType)
    return {kind.model_fields["type"].default: kind for kind in get_args(union)}


def documents() -> Mapping[Path, str]:
    """Each generated file and its text."""
    return {
        DOCS / SCHEMA_FILE: _as_text(event_schema()),
        DOCS / ASYNCAPI_FILE: _as_text(asyncapi()),
        WEB / TYPES_FILE: declarations(event_types()),
    }


def event_schema() -> dict[str, Any]:
    """The JSON Schema of an event."""
    return {"$schema": SCHEMA_DIALECT, "title": "Stagecast event", **EVENT.json_schema(mode="serialization")}


def asyncapi() -> dict[str, Any]:
    """What travels through the broker."""
    messages = {name: _event_message(kind) for name, kind in event_types().items()}
    messages["job.request"] = {
        "name": "job.request",
        "contentType": "application/json",
        "payload": JobRequest.model_json_schema(mode="serialization"),
    }
    messages["cancel"] = {
        "name": "cancel",
        "contentType": "application/json",
        "payload": Cancel.model_json_schema(mode="serialization"),
    }
    return {
        "asyncapi": "3.0.0",
        "info": {"title": "Stagecast", "version": "1", "description": "Jobs, and the events that tell of them."},
        "defaultContentType": "application/cloudevents+json",
        "channels": {
            "events": _channel(EVENTS.name, EVENTS.kind, list(event_types())),
            "jobs": _channel(JOBS.name, JOBS.kind, ["job.request"]),
            "control": _channel(CONTROL.name, CONTROL.kind, ["cancel"]),
        },
        "operations": {
            "publishEvent": {"action": "send", "channel": {"$ref": "#/channels/events"}},
            "submitJob": {"action": "send", "channel": {"$ref": "#/channels/jobs"}},
            "runJob": {"action": "receive", "channel": {"$ref": "#/channels/jobs"}},
            "commandProcessors": {"action": "send", "channel": {"$ref": "#/channels/control"}},
            "obeyCommand": {"action": "receive", "channel": {"$ref": "#/channels/control"}},
        },
        "components": {"messages": messages},
    }


def _event_message(kind: type[Envelope]) -> dict[str, Any]:
    summary = " ".join((kind.__doc__ or "").split()) if kind.__doc__ != Envelope.__doc__ else ""
    return {
        "name": kind.model_fields["type"].default,
        **({"summary": summary} if summary else {}),
        "contentType": "application/cloudevents+json",
        "payload": kind.model_json_schema(mode="serialization"),
    }


def _channel(exchange: str, kind: str, messages: list[str]) -> dict[str, Any]:
    return {
        "address": exchange,
        "messages": {name: {"$ref": f"#/components/messages/{name}"} for name in messages},
        "bindings": {"amqp": {"is": "routingKey", "exchange": {"name": exchange, "type": kind, "durable": True}}},
    }


def _as_text(document: dict[str, Any]) -> str:
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"
