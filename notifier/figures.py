"""What the notifier counts (docs/metrics.md)."""

from collections.abc import Callable

from prometheus_client import Counter, Gauge, Histogram

from contracts.metrics import QUICK_SECONDS, Measures
from notifier.snapshots import Reason

LIMITS = CLIENT, PROCESS = "client", "process"
RESUMES = REPLAY, SNAPSHOT, OVER = "replay", "snapshot", "over"


class Figures(Measures):
    """A notifier's numbers."""

    def __init__(self) -> None:
        super().__init__("notifier")
        name, registry = self.prefix, self.registry
        self.skipped = Counter(f"{name}_events_skipped", "Events that nobody could decode.", registry=registry)
        self._streams = Gauge(f"{name}_streams", "Streams that are open.", registry=registry)
        self._deliveries = Counter(f"{name}_deliveries", "Events written, counted for each client.", registry=registry)
        self._seconds = Histogram(
            f"{name}_fan_out_seconds",
            "From the oldest event of a round in hand to its last client.",
            buckets=QUICK_SECONDS,
            registry=registry,
        )
        self._resumes = Counter(
            f"{name}_resumes", "Clients that came with a cursor or a time.", ("kind",), registry=registry
        )
        self._snapshots = Counter(f"{name}_snapshots", "Snapshots sent.", ("reason",), registry=registry)
        self._cut = Counter(f"{name}_clients_cut", "Clients that took nothing for too long.", registry=registry)
        self._mended = Counter(
            f"{name}_queues_mended", "Losses of a client's queue that were made good from the log.", registry=registry
        )
        self._refused = Counter(f"{name}_streams_refused", "Streams past a limit.", ("limit",), registry=registry)
        self._log_seconds = Histogram(
            f"{name}_log_seconds",
            "From leaving a mark in the log to reading it: how far this process is behind.",
            buckets=QUICK_SECONDS,
            registry=registry,
        )
        self._following = Gauge(f"{name}_log_up", "1 while the log is read to its end, else 0.", registry=registry)
        self._offset = Gauge(f"{name}_log_offset", "Of the newest message that was read.", registry=registry)
        for labelled, values in ((self._snapshots, Reason), (self._resumes, RESUMES), (self._refused, LIMITS)):
            for value in values:
                labelled.labels(value)

    def watch_streams(self, count: Callable[[], int]) -> None:
        """How many are open, asked when somebody looks."""
        self._streams.set_function(count)

    def watch_log(self, fault: Callable[[], str | None], offset: Callable[[], int]) -> None:
        """How the log is followed, asked when somebody looks."""
        self._following.set_function(lambda: fault() is None)
        self._offset.set_function(offset)

    def marked(self, *, seconds: float) -> None:
        """A mark that was left in the log has been read."""
        self._log_seconds.observe(seconds)

    def delivered(self, events: int, *, seconds: float) -> None:
        self._deliveries.inc(events)
        self._seconds.observe(seconds)

    def resumed(self) -> None:
        self._resumes.labels(REPLAY).inc()

    def shown(self, reason: Reason) -> None:
        self._snapshots.labels(reason).inc()
        if reason in {Reason.UNKNOWN_ID, Reason.TOO_OLD, Reason.TOO_MUCH}:
            self._resumes.labels(SNAPSHOT).inc()

    def nothing_to_resume(self) -> None:
        self._resumes.labels(OVER).inc()

    def cut(self) -> None:
        self._cut.inc()

    def mended(self) -> None:
        self._mended.inc()

    def refused(self, limit: str) -> None:
        self._refused.labels(limit).inc()
