"""The gateway's settings."""

from typing import Literal

from pydantic import Field

from contracts.access.settings import AccessSettings, Origins
from contracts.settings import Port


class GatewaySettings(AccessSettings):
    """Read once at start; see `docs/settings.md`."""

    gateway_port: Port = 8000
    notifier_port: Port = Field(default=8001, description="Where the page finds the streams, on its own host name.")
    gateway_events_url: str = Field(
        default="", description="The streams' URL as browsers see it, where it isn't the notifier's port on this host."
    )
    gateway_max_upload_bytes: int = Field(
        default=64 * 1024**3, ge=1, description="The largest request body that is taken."
    )
    gateway_max_file_bytes: int = Field(default=64 * 1024**3, ge=1, description="The largest file that is taken.")
    gateway_max_files: int = Field(default=100, ge=1, description="The most files in one request.")
    gateway_owner_files_a_day: int | None = Field(
        default=None, ge=1, description="The most files that one owner may upload in a day (UTC)."
    )
    gateway_owner_bytes_a_day: int | None = Field(
        default=None, ge=1, description="The most bytes that one owner may upload in a day (UTC)."
    )
    gateway_upload_expiry_seconds: float = Field(
        default=24 * 3600, gt=0, description="What a resumable upload gets to go on in, before it is removed."
    )
    gateway_artifacts: Literal["stream", "redirect"] = Field(
        default="stream", description="How downloads come: through the gateway, or from the bucket itself by a link."
    )
    gateway_allowed_origins: Origins = Field(
        default=(), description="Origins whose pages may use the gateway, besides its own; separated by commas."
    )
    gateway_idle_seconds: float = Field(default=60, gt=0, description="For how long an upload may send nothing.")
