"""What tests do with containers: whether there is an engine, a broker of the version that production has."""

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache

from testcontainers.core.container import DockerContainer

from tests.ground import wait_until
from tests.stack import PROJECT

BROKER_IMAGE = "rabbitmq:4-management"
BOOT_SECONDS = 120
ANSWER_SECONDS = 20
CONF = PROJECT / "deploy" / "rabbitmq" / "rabbitmq.conf"


@cache
def engine_fault() -> str | None:
    """Why no container can be had on this machine; None when one can."""
    # By the program: the library leaves a socket open where nobody answers.
    command = ["docker", "version", "--format", "{{.Server.Version}}"]
    try:
        subprocess.run(command, check=True, capture_output=True, text=True, timeout=ANSWER_SECONDS)
    except (OSError, subprocess.SubprocessError) as error:
        return f"no Docker engine answers on this machine: {getattr(error, 'stderr', None) or error}"[:300]
    return None


@contextmanager
def broker_container(vhost: str) -> Iterator[str]:
    """RabbitMQ 4 with the configuration of the compose stack, which refuses all that is deprecated; gives its URL."""
    os.environ.setdefault("TESTCONTAINERS_RYUK_DISABLED", "true")  # it is removed below
    container = (
        DockerContainer(BROKER_IMAGE, hostname="rabbitmq")
        .with_exposed_ports(5672)
        .with_env("RABBITMQ_DEFAULT_USER", "guest")
        .with_env("RABBITMQ_DEFAULT_PASS", "guest")
        .with_env("RABBITMQ_DEFAULT_VHOST", vhost)
        .with_volume_mapping(str(CONF), "/etc/rabbitmq/rabbitmq.conf", "ro")
    )
    with container:
        wait_until(lambda: _is_open(container), BOOT_SECONDS, what="the broker's port in its container")
        host, port = container.get_container_host_ip(), container.get_exposed_port(5672)
        yield f"amqp://guest:guest@{host}:{port}/{vhost}"


def _is_open(container: DockerContainer) -> bool:
    code, said = container.exec(["bash", "-c", ": </dev/tcp/127.0.0.1/5672"])
    status = container.get_wrapped_container()
    status.reload()
    assert status.status == "running", f"the broker's container ended: {container.get_logs()}, {said!r}"
    return bool(code == 0)
