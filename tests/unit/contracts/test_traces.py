import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from contracts.traces import carried, from_message, from_request

TRACEPARENT = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
A_SPAN = """
from opentelemetry import trace
from contracts.traces import configure_traces
flush = configure_traces("gateway")
with trace.get_tracer("stagecast.gateway").start_as_current_span("upload"):
    pass
flush()
"""


@pytest.fixture
def collector() -> Iterator[tuple[str, list[tuple[str, bytes]]]]:
    """Where spans are sent to, and what came."""
    got: list[tuple[str, bytes]] = []

    class Collector(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            got.append((self.path, self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(200)
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None: ...

    with HTTPServer(("127.0.0.1", 0), Collector) as server:
        serving = threading.Thread(target=server.serve_forever)
        serving.start()
        yield f"http://127.0.0.1:{server.server_port}", got
        server.shutdown()
        serving.join()


def run(**environment: str) -> None:
    clean = {name: value for name, value in os.environ.items() if not name.startswith("OTEL_")}
    told = {**clean, "NO_PROXY": "127.0.0.1", "OTEL_EXPORTER_OTLP_COMPRESSION": "none", **environment}
    subprocess.run([sys.executable, "-c", A_SPAN], env=told, check=True)


def test_spans_go_where_the_environment_says(collector: tuple[str, list[tuple[str, bytes]]]) -> None:
    url, got = collector
    run(OTEL_EXPORTER_OTLP_ENDPOINT=url)
    [(path, body)] = got
    assert path == "/v1/traces"
    assert b"stagecast-gateway" in body
    assert b"upload" in body


@pytest.mark.parametrize("off", [{"OTEL_SDK_DISABLED": "true"}, {"OTEL_TRACES_EXPORTER": "none"}])
def test_they_can_be_switched_off(collector: tuple[str, list[tuple[str, bytes]]], off: dict[str, str]) -> None:
    url, got = collector
    run(OTEL_EXPORTER_OTLP_ENDPOINT=url, **off)
    assert got == []


def test_a_context_is_passed_on_though_nobody_records() -> None:
    with from_message({"traceparent": TRACEPARENT, "x-death": [{}]}):
        assert carried()["traceparent"].split("-")[1] == TRACEPARENT.split("-")[1]
    assert carried() == {}


@pytest.mark.parametrize("said", ["", "00-zz-1-01", "nonsense", 7, None])
def test_a_broken_context_is_none(said: object) -> None:
    with from_message({"traceparent": said}):
        assert carried() == {}
    assert from_request([(b"traceparent", str(said).encode())]) == {}
