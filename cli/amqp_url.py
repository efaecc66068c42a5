"""What an AMQP URL says, part by part (https://www.rabbitmq.com/docs/uri-spec)."""

from dataclasses import dataclass, field
from urllib.parse import quote, unquote, urlsplit

from contracts.errors import BadSettingError

DEFAULT_PORT = 5672


@dataclass(frozen=True)
class AmqpUrl:
    """A broker's address and our place in it."""

    host: str = "127.0.0.1"
    port: int = DEFAULT_PORT
    user: str = "guest"
    password: str = field(default="guest", repr=False)
    vhost: str = "/"
    encrypted: bool = False

    @property
    def place(self) -> str:
        """Host and port, for messages: never the password."""
        return f"{self.host}:{self.port}"

    @property
    def fits_private_node(self) -> bool:
        """Whether a node of our own, which listens on 127.0.0.1 without TLS, would be found here."""
        return not self.encrypted and self.host in {"localhost", "127.0.0.1"}

    def __str__(self) -> str:
        user, password, vhost = (quote(part, safe="") for part in (self.user, self.password, self.vhost))
        path = "" if self.vhost == "/" else vhost
        return f"{'amqps' if self.encrypted else 'amqp'}://{user}:{password}@{self.host}:{self.port}/{path}"


def parse_amqp_urls(urls: str) -> list[AmqpUrl]:
    """Read the URLs of a cluster's nodes, which stand between commas.

    Raises:
        BadSettingError: a port is no port.
    """
    return [parse_amqp_url(url) for url in urls.split(",")]


def parse_amqp_url(url: str) -> AmqpUrl:
    """Read a URL; what it leaves out gets the usual defaults.

    Raises:
        BadSettingError: the port is no port.
    """
    parts = urlsplit(url)
    try:
        port = parts.port
    except ValueError as error:
        raise BadSettingError("STAGECAST_AMQP_URL: its port must be a number from 1 to 65535") from error
    encrypted = parts.scheme == "amqps"
    return AmqpUrl(
        host=parts.hostname or "127.0.0.1",
        port=port or (5671 if encrypted else DEFAULT_PORT),
        user=unquote(parts.username or "guest"),
        password=unquote(parts.password or "guest"),
        vhost=unquote(parts.path[1:]) or "/",
        encrypted=encrypted,
    )
