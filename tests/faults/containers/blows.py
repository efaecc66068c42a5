"""What befalls containers, and how it is mended."""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager

from docker.models.containers import Container

from tests.compose import Product
from tests.ground import wait_until

SECONDS = 120


def crash(container: Container) -> None:
    """SIGKILL to all that runs in it. That it comes back is the restart policy's work."""
    before = started_at(container)
    container.exec_run(["sh", "-c", "kill -9 -1"])
    wait_until(lambda: started_at(container) != before, SECONDS, what=f"another start of {container.name}")


def started_at(container: Container) -> str:
    container.reload()
    return str(container.attrs["State"]["StartedAt"])


def restart(container: Container) -> None:
    """In order, as for an upgrade: SIGTERM, and as long as the compose file gives it."""
    subprocess.run(["docker", "restart", str(container.name)], check=True, capture_output=True, timeout=SECONDS)


@contextmanager
def killed(container: Container) -> Iterator[None]:
    """Dead until the end of the block."""
    container.kill()
    try:
        yield
    finally:
        container.start()


@contextmanager
def paused(container: Container) -> Iterator[None]:
    """Frozen: its connections are open, and nothing is answered."""
    container.pause()
    try:
        yield
    finally:
        container.unpause()


@contextmanager
def parted(product: Product, container: Container, service: str) -> Iterator[None]:
    """Without any network: what is sent to it is lost, and no end of a connection is told."""
    container.reload()
    networks = [product.client.networks.get(name) for name in container.attrs["NetworkSettings"]["Networks"]]
    for network in networks:
        network.disconnect(container)
    try:
        yield
    finally:
        for network in networks:
            network.connect(container, aliases=[service])
