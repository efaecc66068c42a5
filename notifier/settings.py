"""The notifier's settings."""

from pydantic import Field

from contracts.settings import Names, Port, SharedSettings


class NotifierSettings(SharedSettings):
    """Read once at start; see `docs/settings.md`."""

    notifier_port: Port = 8001
    gateway_port: Port = Field(default=8000, description="Where the page comes from, on this machine.")
    notifier_allowed_origins: Names = Field(
        default=(),
        description="Origins that may read streams, separated by commas. None: the gateway's on this machine.",
    )

    @property
    def allowed_origins(self) -> tuple[str, ...]:
        names = ("localhost", "127.0.0.1", "[::1]")
        return self.notifier_allowed_origins or tuple(f"http://{name}:{self.gateway_port}" for name in names)
