"""What the processor counts (docs/metrics.md)."""

import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager

from prometheus_client import Counter, Gauge, Histogram

from contracts.events import Event, JobCancelled, JobCompleted, JobFailed, JobRetrying, StageCompleted, StageFailed
from contracts.metrics import QUICK_SECONDS, Measures

OUTCOMES = ("completed", "retrying", "failed", "cancelled")
STAGE_SECONDS = (0.01, 0.05, 0.1, 0.5, 1, 5, 15, 60, 300, 900, 3_600, 14_400, 86_400)


class Figures(Measures):
    """A processor's numbers. Jobs and stages are counted as they are told, once the broker has confirmed it."""

    def __init__(self) -> None:
        super().__init__("processor")
        name, registry = self.prefix, self.registry
        self._jobs = Counter(
            f"{name}_attempts_ended",
            "Attempts that ended: completed, retrying, failed or cancelled.",
            ("pipeline", "outcome"),
            registry=registry,
        )
        self._stages = Histogram(
            f"{name}_stage_seconds",
            "How long stages ran that completed or failed.",
            ("pipeline", "stage", "outcome"),
            buckets=STAGE_SECONDS,
            registry=registry,
        )
        self._told = Counter(f"{name}_events_told", "Events that the broker confirmed.", ("type",), registry=registry)
        self._last_told = Gauge(
            f"{name}_last_event_timestamp_seconds",
            "When the newest of them was confirmed; while a job is at work there is one each 5 s.",
            registry=registry,
        )
        self._publish_seconds = Histogram(
            f"{name}_publish_seconds",
            "Until the broker confirmed, over all tries.",
            buckets=QUICK_SECONDS,
            registry=registry,
        )
        self._repeated = Counter(f"{name}_publishes_repeated", "Tries that were not confirmed.", registry=registry)
        self._buried = Counter(f"{name}_dead_letters", "Messages put among the dead letters.", registry=registry)
        self._broken = Counter(
            f"{name}_deliveries_broken", "Jobs given back because of a fault in the processor.", registry=registry
        )
        self._at_work = Gauge(f"{name}_jobs_at_work", "Jobs that run now.", registry=registry)
        self._places = Gauge(f"{name}_job_slots", "Jobs that may run at a time.", registry=registry)

    def offers(self, pipelines: Iterable[str]) -> None:
        """What may be counted here."""
        for pipeline in pipelines:
            for outcome in OUTCOMES:
                self._jobs.labels(pipeline, outcome)

    def watch_jobs(self, count: Callable[[], int], *, slots: int) -> None:
        """How many run, asked when somebody looks."""
        self._at_work.set_function(count)
        self._places.set(slots)

    def told(self, event: Event) -> None:
        """The broker has an event. Pipelines and stages are this processor's own, so they are few."""
        self._told.labels(event.type).inc()
        self._last_told.set_to_current_time()
        pipeline = event.data.job.pipeline
        match event:
            case StageCompleted(data=fact) | StageFailed(data=fact):
                outcome = event.type.removeprefix("stage.")
                self._stages.labels(pipeline, fact.stage.name, outcome).observe(fact.seconds)
            case JobCompleted() | JobRetrying() | JobFailed() | JobCancelled():
                self._jobs.labels(pipeline, event.type.removeprefix("job.")).inc()

    @contextmanager
    def publishing(self) -> Iterator[None]:
        """Around what returns once the broker has confirmed."""
        began = time.monotonic()
        yield
        self._publish_seconds.observe(time.monotonic() - began)

    def repeated(self) -> None:
        self._repeated.inc()

    def buried(self) -> None:
        self._buried.inc()

    def broke(self) -> None:
        self._broken.inc()
