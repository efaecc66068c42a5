"""The notifier's settings."""

from enum import StrEnum

from pydantic import Field

from contracts.access.settings import AccessSettings, Origins
from contracts.settings import Port


class FanOutKind(StrEnum):
    CLIENT_QUEUES = "client-queues"  # one queue in the broker for each client: the broker isolates and filters
    SHARED = "shared"  # everybody is fed from one consumer of the log: thousands of clients


class NotifierSettings(AccessSettings):
    """Read once at start; see `docs/settings.md`."""

    notifier_port: Port = 8001
    gateway_port: Port = Field(default=8000, description="Where the page comes from, on this machine.")
    notifier_allowed_origins: Origins = Field(
        default=(),
        description="Origins that may read streams, separated by commas. None: the gateway's on this machine.",
    )
    notifier_fanout: FanOutKind = Field(default=FanOutKind.CLIENT_QUEUES, description="How events come to clients.")
    notifier_history_events: int = Field(default=20_000, ge=100, description="Events kept to be sent again.")
    notifier_history_seconds: float = Field(default=3_600, gt=0, description="How old these may become.")
    notifier_max_replay: int = Field(default=5_000, ge=1, description="The most events that one client is sent again.")
    notifier_finished_jobs: int = Field(default=200, ge=100, description="Ended jobs that a snapshot has.")
    notifier_max_streams: int = Field(default=10_000, ge=1, description="Open streams of this process.")
    notifier_max_streams_per_client: int = Field(default=100, ge=1, description="Open streams of one client.")
    notifier_heartbeat_seconds: float = Field(default=15, gt=0, description="Between comments on a quiet stream.")
    notifier_cut_seconds: float = Field(default=60, gt=0, description="What a client may take nothing for.")

    @property
    def allowed_origins(self) -> tuple[str, ...]:
        names = ("localhost", "127.0.0.1", "[::1]")
        return self.notifier_allowed_origins or tuple(f"http://{name}:{self.gateway_port}" for name in names)
