"""Gateways as processes of their own, to be killed and started again."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass

import httpx

from tests.ground import wait_until
from tests.stack import PROJECT, clean_environment, free_ports


@dataclass
class GatewayProcess:
    """`python -m gateway` at one port, whichever process that is at the moment."""

    environment: dict[str, str]
    port: int
    process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        """Returns when it takes uploads."""
        self.process = subprocess.Popen([sys.executable, "-m", "gateway"], cwd=PROJECT, env=self.environment)
        wait_until(self._is_ready, 60, what="a gateway's readiness")

    def kill(self) -> None:
        """SIGKILL."""
        if self.process is not None:
            with suppress(ProcessLookupError):
                os.kill(self.process.pid, signal.SIGKILL)
            self.process.wait()

    def _is_ready(self) -> bool:
        try:
            return httpx.get(f"{self.url}/readyz").status_code == 200
        except httpx.TransportError:
            return False


@contextmanager
def gateway_process(broker_url: str, store_url: str, **settings: str) -> Iterator[GatewayProcess]:
    """One that is ready; at the end it is gone."""
    (port,) = free_ports(1)
    environment = {
        **clean_environment(),
        "STAGECAST_AMQP_URL": broker_url,
        "STAGECAST_STORE_URL": store_url,
        "STAGECAST_GATEWAY_PORT": str(port),
        "STAGECAST_LOG_LEVEL": "warning",
        **{f"STAGECAST_{name.upper()}": value for name, value in settings.items()},
    }
    gateway = GatewayProcess(environment, port)
    try:
        gateway.start()
        yield gateway
    finally:
        gateway.kill()
