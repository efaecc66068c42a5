"""Who begins the processor's spans. Where nobody records them they cost next to nothing (docs/adr/0039)."""

from opentelemetry import trace

TRACER = trace.get_tracer("stagecast.processor")
