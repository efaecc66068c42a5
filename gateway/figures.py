"""What the gateway counts (docs/metrics.md)."""

import re
import time
from collections.abc import Iterator
from contextlib import contextmanager

from prometheus_client import Counter, Gauge, Histogram

from contracts.access.errors import AccessError
from contracts.job import Job
from contracts.metrics import QUICK_SECONDS, Measures
from gateway.errors import NotReadyError, RefusedError, StoreFullError

REQUESTS = UPLOAD, COMMAND, READ = "upload", "command", "read"
OURS_TO_MEND = NotReadyError, StoreFullError  # of the refusals
REQUEST_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 1_800, 7_200)


class Figures(Measures):
    """A gateway's numbers."""

    def __init__(self) -> None:
        super().__init__("gateway")
        name, registry = self.prefix, self.registry
        self._jobs = Counter(
            f"{name}_jobs_published", "Jobs that the broker has taken over.", ("pipeline",), registry=registry
        )
        self._job_bytes = Counter(f"{name}_jobs_published_bytes", "Bytes of their files.", registry=registry)
        self._refused = Counter(
            f"{name}_requests_refused", "Requests refused, and why.", ("request", "reason"), registry=registry
        )
        self._abandoned = Counter(
            f"{name}_requests_abandoned",
            "Requests whose sender went away in the middle.",
            ("request",),
            registry=registry,
        )
        self._received = Counter(f"{name}_received_bytes", "Bytes of request bodies, as they came.", registry=registry)
        self.in_progress = Gauge(
            f"{name}_requests_in_progress", "Requests that are being answered.", ("request",), registry=registry
        )
        self._requests = Histogram(
            f"{name}_request_seconds",
            "From a request's head to its answer's end; an upload takes as long as its sender does.",
            ("request", "status"),
            buckets=REQUEST_SECONDS,
            registry=registry,
        )
        self._published = Counter(
            f"{name}_messages_published", "Messages that the broker confirmed.", ("exchange",), registry=registry
        )
        self._publish_seconds = Histogram(
            f"{name}_publish_seconds", "Until the broker confirmed.", buckets=QUICK_SECONDS, registry=registry
        )
        for request in REQUESTS:
            self.in_progress.labels(request)
            self._abandoned.labels(request)
            for kind in OURS_TO_MEND:
                self._refused.labels(request, _reason(kind))

    def submitted(self, job: Job) -> None:
        """The broker has a file's job. Its pipeline is one that a processor offers, so they are few."""
        self._jobs.labels(job.pipeline).inc()
        self._job_bytes.inc(job.size)

    def refused(self, request: str, error: RefusedError | AccessError) -> None:
        self._refused.labels(request, _reason(type(error))).inc()

    def abandoned(self, request: str) -> None:
        self._abandoned.labels(request).inc()

    def received(self, size: int) -> None:
        self._received.inc(size)

    def answered(self, request: str, status: int, *, seconds: float) -> None:
        self._requests.labels(request, f"{status // 100}xx").observe(seconds)

    @contextmanager
    def publishing(self, exchange: str) -> Iterator[None]:
        """Around a publish that returns once it is confirmed."""
        began = time.monotonic()
        yield
        self._published.labels(exchange).inc()
        self._publish_seconds.observe(time.monotonic() - began)


def _reason(kind: type[RefusedError | AccessError]) -> str:
    """Of `TooLargeError`, `too_large`: there are as many as there are classes."""
    name = kind.__name__.removesuffix("Error")
    return re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower()
