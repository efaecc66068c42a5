"""What every service counts, for Prometheus, and where it is read. Not for the public: keep `/metrics` off the edge.

Names are `stagecast_<service>_<noun>[_<unit>]`: counters end in `_total`, units are seconds and bytes. Labels have few
values, all known beforehand or chosen by whoever runs this: never a job, an owner, a file's name or an address.
"""

from collections.abc import Callable
from functools import partial

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    ProcessCollector,
    disable_created_metrics,
    generate_latest,
)
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from contracts.server import Checks

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
QUICK_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)


class Measures:
    """One registry a service, so that two can live in one process; and what is measured of each of them.

    A counter whose labels are known beforehand has them from the start: Prometheus sees no rise in the first of a kind
    when nothing was there before.
    """

    def __init__(self, service: str) -> None:
        disable_created_metrics()  # type: ignore[no-untyped-call]  # a second series beside each, which nobody asks for
        self.prefix = f"stagecast_{service}"
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)
        self._up = Gauge(
            f"{self.prefix}_broker_up", "1 while a connection is up, else 0.", ("connection",), registry=self.registry
        )
        self._made = Counter(
            f"{self.prefix}_broker_connects", "Connections made.", ("connection",), registry=self.registry
        )
        self._failures = Counter(
            f"{self.prefix}_broker_failures",
            "Connections lost, and tries to make one that failed.",
            ("connection",),
            registry=self.registry,
        )
        self._checks = Gauge(
            f"{self.prefix}_check_ok",
            "1 while a check or concern of `/readyz` finds nothing wrong, else 0.",
            ("check",),
            registry=self.registry,
        )

    def watch_checks(self, checks: Checks) -> None:
        """What `/readyz` asks, asked when somebody looks."""
        for name, fault in checks.items():
            self._checks.labels(name).set_function(partial(_is_content, fault))

    def is_up(self, connection: str) -> None:
        self._up.labels(_label(connection)).set(1)
        self._made.labels(_label(connection)).inc()
        self._failures.labels(_label(connection))

    def is_down(self, connection: str) -> None:
        self._up.labels(_label(connection)).set(0)
        self._failures.labels(_label(connection)).inc()

    def route(self) -> Route:
        """`GET /metrics`."""

        async def metrics(_: Request) -> Response:
            return Response(generate_latest(self.registry), media_type=CONTENT_TYPE)

        return Route("/metrics", metrics)


def _is_content(fault: Callable[[], str | None]) -> bool:
    return fault() is None


def _label(connection: str) -> str:
    """Of `processor jobs`, the `jobs`: the service stands in the metric's name."""
    return connection.rsplit(" ", 1)[-1]
