"""What this process counts, for Prometheus. Not for the public: keep `/metrics` off the edge."""

from collections.abc import Callable

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from notifier.snapshots import Reason

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
PREFIX = "stagecast_notifier"
SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5)


class Figures:
    """One registry a service, so that two can live in one process."""

    def __init__(self) -> None:
        registry = self._registry = CollectorRegistry()
        self.skipped = Counter(f"{PREFIX}_events_skipped", "Events that nobody could decode.", registry=registry)
        self._streams = Gauge(f"{PREFIX}_streams", "Streams that are open.", registry=registry)
        self._deliveries = Counter(
            f"{PREFIX}_deliveries", "Events written, counted for each client.", registry=registry
        )
        self._seconds = Histogram(
            f"{PREFIX}_fan_out_seconds",
            "From the oldest event of a round in hand to its last client.",
            buckets=SECONDS,
            registry=registry,
        )
        self._resumes = Counter(
            f"{PREFIX}_resumes", "Clients that came with a cursor or a time.", ("kind",), registry=registry
        )
        self._snapshots = Counter(f"{PREFIX}_snapshots", "Snapshots sent.", ("reason",), registry=registry)
        self._cut = Counter(f"{PREFIX}_clients_cut", "Clients that took nothing for too long.", registry=registry)
        self._mended = Counter(
            f"{PREFIX}_queues_mended", "Losses of a client's queue that were made good from the log.", registry=registry
        )
        self._refused = Counter(f"{PREFIX}_streams_refused", "Streams past a limit.", ("limit",), registry=registry)
        for reason in Reason:
            self._snapshots.labels(reason)

    def watch_streams(self, count: Callable[[], int]) -> None:
        """How many are open, asked when somebody looks."""
        self._streams.set_function(count)

    def delivered(self, events: int, *, seconds: float) -> None:
        self._deliveries.inc(events)
        self._seconds.observe(seconds)

    def resumed(self) -> None:
        self._resumes.labels("replay").inc()

    def shown(self, reason: Reason) -> None:
        self._snapshots.labels(reason).inc()
        if reason in {Reason.UNKNOWN_ID, Reason.TOO_OLD, Reason.TOO_MUCH}:
            self._resumes.labels("snapshot").inc()

    def nothing_to_resume(self) -> None:
        self._resumes.labels("over").inc()

    def cut(self) -> None:
        self._cut.inc()

    def mended(self) -> None:
        self._mended.inc()

    def refused(self, limit: str) -> None:
        self._refused.labels(limit).inc()

    def route(self) -> Route:
        """`GET /metrics`."""

        async def metrics(_: Request) -> Response:
            return Response(generate_latest(self._registry), media_type=CONTENT_TYPE)

        return Route("/metrics", metrics)
