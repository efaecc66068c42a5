"""What `up` reads to start everything on this machine."""

import ipaddress
from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, Field, SecretStr

from contracts.settings import Port, SharedSettings


class StackSettings(SharedSettings):
    """Read once at start; the services read their own from the same environment."""

    gateway_port: Port = 8000
    notifier_port: Port = 8001
    processor_port: Port = 8002
    local_folder: Annotated[Path, AfterValidator(Path.absolute)] = Field(
        default_factory=lambda: Path.cwd() / ".local",
        description="Where `up` keeps blobs, the private broker and its secret.",
    )
    secret: SecretStr | None = Field(
        default=None, description="Signs cookies; without it `up` makes one and keeps it in the local folder."
    )

    @property
    def blobs_url(self) -> str:
        """The blob store, which is in the local folder unless set."""
        if "store_url" in self.model_fields_set:
            return self.store_url
        return (self.local_folder / "blobs").as_uri()


def reachable(host: str) -> str:
    """Where to reach, from this machine, what listens on `host`: a wildcard address is none to connect to."""
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return host
    if address.is_unspecified:
        return "[::1]" if address.version == 6 else "127.0.0.1"
    return f"[{host}]" if address.version == 6 else host


def page_url(settings: StackSettings) -> str:
    """The page's address for a browser on this machine."""
    host = reachable(settings.host)
    return f"http://{'localhost' if host in {'127.0.0.1', '[::1]'} else host}:{settings.gateway_port}"
