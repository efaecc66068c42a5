"""Traces (OpenTelemetry): from an upload's request through the broker's headers to the last event of its job.

The context of a trace (https://www.w3.org/TR/trace-context/) is passed on whether or not anybody records spans. That is
done where an exporter is configured as the OpenTelemetry specification says, by `OTEL_EXPORTER_OTLP_ENDPOINT`.
"""

import os
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Any

from opentelemetry import context, trace
from opentelemetry.context import Context
from opentelemetry.trace import ProxyTracerProvider, SpanKind, Tracer
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from contracts.errors import BadSettingError

ENDPOINTS = ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT")
CARRIED = ("traceparent", "tracestate")
FLUSH_SECONDS = 2.0  # for the last spans, when a service ends; a collector that is away gets no more

_PROPAGATOR = TraceContextTextMapPropagator()


def configure_traces(service: str) -> Callable[[], None]:
    """Record spans, if the environment says where to; gives what sends the last of them.

    Raises:
        BadSettingError: it says so, and the package that does it is not installed.
    """
    if not _is_wanted(os.environ):
        return lambda: None
    try:
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
        from opentelemetry.sdk.resources import Resource
        from opentelemetry.sdk.trace import TracerProvider
        from opentelemetry.sdk.trace.export import BatchSpanProcessor
    except ImportError as error:
        raise BadSettingError(f"{ENDPOINTS[1]}: to record traces, install `stagecast[tracing]`") from error
    name = os.environ.get("OTEL_SERVICE_NAME") or f"stagecast-{service}"
    provider = TracerProvider(resource=Resource.create({"service.name": name}), shutdown_on_exit=False)
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    trace.set_tracer_provider(provider)

    def flush() -> None:
        last = threading.Thread(target=provider.shutdown, daemon=True)
        last.start()
        last.join(FLUSH_SECONDS)

    return flush


def _is_wanted(environment: Mapping[str, str]) -> bool:
    is_off = environment.get("OTEL_SDK_DISABLED", "").lower() == "true"
    return not is_off and environment.get("OTEL_TRACES_EXPORTER") != "none" and any(map(environment.get, ENDPOINTS))


def from_request(headers: Iterable[tuple[bytes, bytes]]) -> Context:
    """The trace that a request belongs to, from its ASGI headers."""
    said = {name.decode("latin-1"): value.decode("latin-1") for name, value in headers}
    return _PROPAGATOR.extract({name: said[name] for name in CARRIED if name in said})


@contextmanager
def from_message(headers: Mapping[str, Any]) -> Iterator[None]:
    """Within the block, what begins belongs to the trace of a message that the broker brought."""
    said = {name: value for name in CARRIED if isinstance(value := headers.get(name), str)}
    token = context.attach(_PROPAGATOR.extract(said))
    try:
        yield
    finally:
        context.detach(token)


def carried() -> dict[str, str]:
    """The headers of a message that belongs to what happens now."""
    headers: dict[str, str] = {}
    _PROPAGATOR.inject(headers)
    return headers


def span(
    tracer: Tracer,
    name: str,
    *,
    kind: SpanKind = SpanKind.INTERNAL,
    attributes: Mapping[str, str | int | Sequence[str]] | None = None,
) -> AbstractContextManager[object]:
    """Around a block. Where nobody records spans there is none: what is done belongs to the same trace, for nothing."""
    if isinstance(trace.get_tracer_provider(), ProxyTracerProvider):
        return nullcontext()
    return tracer.start_as_current_span(name, kind=kind, attributes=attributes)


@contextmanager
def sending(tracer: Tracer, name: str, **attributes: str | Sequence[str]) -> Iterator[dict[str, str]]:
    """A span around a publish, and the headers that tie its message to it."""
    told = {"messaging.system": "rabbitmq", **{f"stagecast.{key}": value for key, value in attributes.items()}}
    with span(tracer, name, kind=SpanKind.PRODUCER, attributes=told):
        yield carried()


def trace_ids() -> dict[str, str]:
    """For log lines: which trace and span they belong to, if any."""
    now = trace.get_current_span().get_span_context()
    if not now.is_valid:
        return {}
    return {"trace_id": trace.format_trace_id(now.trace_id), "span_id": trace.format_span_id(now.span_id)}
