"""Where RabbitMQ is installed, and the files that make a node of it private."""

import json
import secrets
import shutil
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from cli.amqp_url import AmqpUrl
from cli.errors import CannotStartError
from contracts.topology import ANNOUNCED_TIMEOUT, LONGEST_STAGE

NODE_NAME = "stagecast-local@localhost"
LOG_FILE = "rabbitmq.log"
DEFINITIONS = "definitions.json"
NODE_MARK = "-stagecast private-node"
DEBIAN_WRAPPER = "rabbitmq-script-wrapper"  # it switches to the user `rabbitmq`, or refuses
PLACES = (
    "/usr/lib/rabbitmq/bin",
    "/usr/lib/erlang/bin",
    "/usr/lib64/erlang/bin",
    "/opt/homebrew/sbin",
    "/opt/homebrew/bin",
    "/usr/local/sbin",
    "/usr/local/bin",
    "/home/linuxbrew/.linuxbrew/sbin",
    "/home/linuxbrew/.linuxbrew/bin",
)


@dataclass(frozen=True)
class Programs:
    """What a node is started with."""

    server: Path
    epmd: Path


def find_programs(places: Iterable[str] = PLACES) -> Programs:
    """RabbitMQ and Erlang's port mapper, wherever a package manager puts them.

    Raises:
        CannotStartError: RabbitMQ is not installed.
    """
    server, epmd = _find("rabbitmq-server", places), _find("epmd", places)
    if server is None or epmd is None:
        raise CannotStartError(
            "RabbitMQ is not installed: `make up` installs it on Debian, Ubuntu and macOS; elsewhere install the "
            "package rabbitmq-server, or set STAGECAST_AMQP_URL to a broker that runs, or start one with "
            "`docker run -d -p 127.0.0.1:5672:5672 rabbitmq:4-management`"
        )
    return Programs(server, epmd)


def _find(name: str, places: Iterable[str]) -> Path | None:
    candidates = [*(Path(place, name) for place in places), Path(shutil.which(name) or "/nowhere")]
    return next((path for path in candidates if path.is_file() and path.resolve().name != DEBIAN_WRAPPER), None)


def configuration(url: AmqpUrl) -> str:
    """The node's `rabbitmq.conf`. It runs in its folder, since this file can name no path outside ASCII."""
    return "\n".join([
        f"listeners.tcp.1 = 127.0.0.1:{url.port}",
        f"load_definitions = {DEFINITIONS}",
        f"consumer_timeout = {int(LONGEST_STAGE.total_seconds() * 1000)}",
        "log.console = true",
        "log.console.level = warning",
        f"log.file = {LOG_FILE}",
        "log.file.rotation.size = 10485760",
        "log.file.rotation.count = 3",
        "",
    ])  # fmt: skip


def advanced_configuration() -> str:
    """What `rabbitmq.conf` has no words for: the node tells its clients how long it waits for acknowledgements."""
    milliseconds = int(LONGEST_STAGE.total_seconds() * 1000)
    return f'[{{rabbit, [{{server_properties, [{{<<"{ANNOUNCED_TIMEOUT}">>, longstr, <<"{milliseconds}">>}}]}}]}}].\n'


def definitions(url: AmqpUrl) -> str:
    """User and vhost of the URL, set at every boot: a changed URL then fits a node that was made before."""
    everything = {"configure": ".*", "write": ".*", "read": ".*"}
    return json.dumps(
        {
            "users": [{"name": url.user, "password": url.password, "tags": "administrator", "limits": {}}],
            "vhosts": [{"name": url.vhost}],
            "permissions": [{"user": url.user, "vhost": url.vhost, **everything}],
        }
    )


def environment(
    folder: Path, inherited: Mapping[str, str], *, epmd_port: int, distribution_port: int
) -> dict[str, str]:
    """The node's environment: nothing of another RabbitMQ's settings, everything of its own in `folder`."""
    foreign = ("RABBITMQ_", "ERL_", "STAGECAST_")
    return {name: value for name, value in inherited.items() if not name.startswith(foreign)} | {
        "HOME": str(folder),  # where Erlang looks for its cookie
        "ERL_CRASH_DUMP_SECONDS": "0",  # none: its reader would be us
        "ERL_EPMD_ADDRESS": "127.0.0.1",
        "ERL_EPMD_PORT": str(epmd_port),
        "RABBITMQ_NODENAME": NODE_NAME,
        "RABBITMQ_DIST_PORT": str(distribution_port),
        "RABBITMQ_BASE": str(folder),
        "RABBITMQ_MNESIA_BASE": str(folder / "data"),
        "RABBITMQ_LOG_BASE": str(folder / "log"),
        "RABBITMQ_CONFIG_FILE": str(folder / "rabbitmq.conf"),
        "RABBITMQ_CONFIG_FILES": str(folder / "conf.d" / "*.conf"),
        "RABBITMQ_ADVANCED_CONFIG_FILE": str(folder / "advanced.config"),
        "RABBITMQ_CONF_ENV_FILE": str(folder / "rabbitmq-env.conf"),
        "RABBITMQ_ENABLED_PLUGINS_FILE": str(folder / "enabled_plugins"),
        "RABBITMQ_FEATURE_FLAGS_FILE": str(folder / "feature_flags"),
        "RABBITMQ_GENERATED_CONFIG_DIR": str(folder / "generated"),
        "RABBITMQ_PID_FILE": str(folder / "rabbitmq.own-pid"),
        # Erlang must not start its shared, detached port mapper on all addresses: ours runs already.
        "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": (
            f"-kernel inet_dist_use_interface {{127,0,0,1}} -start_epmd false {NODE_MARK}"
        ),
        # The start script then becomes the node instead of waiting for it, so that our signals reach the node.
        "RUNNING_UNDER_SYSTEMD": "true",
    }


def write_files(folder: Path, url: AmqpUrl) -> None:
    """Write what the node reads at its start; the cookie is made once."""
    for path in (folder, folder / "data", folder / "log"):
        path.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o700)
    secret = folder / DEFINITIONS
    secret.touch(mode=0o600)
    secret.write_text(definitions(url), encoding="utf-8")
    (folder / "rabbitmq.conf").write_text(configuration(url), encoding="utf-8")
    (folder / "advanced.config").write_text(advanced_configuration(), encoding="utf-8")
    cookie = folder / ".erlang.cookie"
    if not cookie.exists():
        cookie.touch(mode=0o600)
        cookie.write_text(secrets.token_hex(20), encoding="ascii")
        cookie.chmod(0o400)
