"""What this process counts, for Prometheus."""

from prometheus_client import CollectorRegistry, Counter, Gauge, generate_latest
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from notifier.hub import Hub

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"


class Figures:
    """One registry a service, so that two can live in one process."""

    def __init__(self, hub: Hub) -> None:
        self._registry = CollectorRegistry()
        self.skipped = Counter(
            "stagecast_notifier_events_skipped", "Events that nobody could decode.", registry=self._registry
        )
        streams = Gauge("stagecast_notifier_streams", "Streams that are open.", registry=self._registry)
        streams.set_function(lambda: len(hub))

    def route(self) -> Route:
        """`GET /metrics`."""

        async def metrics(_: Request) -> Response:
            return Response(generate_latest(self._registry), media_type=CONTENT_TYPE)

        return Route("/metrics", metrics)
