"""The compose stack, under a project name of its own, and what a test does with its containers."""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

import docker
import httpx
from docker.models.containers import Container
from testcontainers.compose import DockerCompose

from tests.ground import wait_until
from tests.stack import PROJECT, free_ports

SERVICES = ("gateway", "processor", "notifier")
ALL = (*SERVICES, "rabbitmq", "edge")
JOB_SECONDS = 90
UP_SECONDS = 300
MAX_UPLOAD_BYTES = 4_000_000
INTERFACES = Path("/proc/net/if_inet6")


@dataclass(frozen=True)
class Product:
    """A running stack, as `docker compose up --build --wait` starts it."""

    compose: DockerCompose
    client: docker.DockerClient
    project: str
    url: str

    def run(self, *arguments: str) -> str:
        """`docker compose …` for this stack; gives what it says on standard output."""
        command = [*self.compose.docker_compose_command(), *arguments]
        done = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, timeout=UP_SECONDS, check=False)
        assert done.returncode == 0, f"{arguments}: {done.stderr[-3_000:]}\n{self.logs()[-5_000:]}"
        return done.stdout

    def up(self, *arguments: str, files: tuple[str, ...] = (), **scale: int) -> None:
        """`docker compose up --wait`, with more files and more containers; returns when the network is quiet."""
        scales = (f"--scale={service}={count}" for service, count in scale.items())
        self.run(*(part for file in files for part in ("-f", file)), "up", "--wait", *scales, *arguments)
        wait_for_quiet_network()

    def containers(self, service: str) -> list[Container]:
        """Of a service, ended ones too."""
        labels = [f"com.docker.compose.project={self.project}", f"com.docker.compose.service={service}"]
        found: list[Container] = self.client.containers.list(all=True, filters={"label": labels})
        return sorted(found, key=lambda container: container.name or "")

    def container(self, service: str) -> Container:
        return self.containers(service)[0]

    def wait_healthy(self) -> None:
        """Wait until every container says that it is ready."""

        def healthy() -> bool:
            return all(each.health == "healthy" for service in ALL for each in self.containers(service))

        wait_until(healthy, UP_SECONDS, what="the health of all containers")

    def logs(self) -> str:
        command = [*self.compose.docker_compose_command(), "logs", "--no-color", "--tail", "40"]
        return subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, check=False).stdout

    def upload(self, name: str, content: bytes = b"Some words.\n") -> str:
        """Send a file; gives the job's id."""
        answer = httpx.post(f"{self.url}/upload", files={"file": (name, content)}, timeout=30)
        assert answer.status_code == 202, answer.text
        job_id: str = answer.json()["jobs"][0]["id"]
        return job_id

    def state(self, job_id: str) -> str:
        answer = httpx.get(f"{self.url}/jobs/{job_id}", timeout=15)
        return str(answer.json()["state"]) if answer.is_success else f"{answer.status_code}"

    def report(self, job_id: str) -> bytes:
        """What the built-in pipeline's last stage made."""
        return httpx.get(f"{self.url}/jobs/{job_id}/artifacts/report.html", timeout=15).raise_for_status().content

    def wait_completed(self, job_id: str) -> None:
        wait_until(lambda: self.state(job_id) == "completed", JOB_SECONDS, what=f"the end of job {job_id}")

    def inside(self, container: Container, *command: str) -> str:
        """What a command says in a container. By the program: the library loses the words of one call in a hundred."""
        command = ("docker", "exec", str(container.name), *command)
        done = subprocess.run(command, capture_output=True, text=True, timeout=UP_SECONDS, check=False)
        assert done.returncode == 0, f"{command}: {done.stderr}"
        return done.stdout.strip()

    def figure(self, container: Container, name: str) -> float:
        """One of a notifier's figures, which are not public."""
        read = "import urllib.request as u; print(u.urlopen('http://127.0.0.1:8001/metrics').read().decode())"
        said = self.inside(container, "python", "-c", read)
        return float(next(line.rsplit(" ", 1)[1] for line in said.splitlines() if line.startswith(f"{name} ")))


@contextmanager
def running_product(folder: Path, *overlays: str, **settings: str) -> Iterator[Product]:
    """The stack on a free port, with more compose files; at the end no container, network or volume of it is left."""
    (port,) = free_ports(1)
    project = f"stagecast-test-{uuid4().hex[:8]}"
    settings = {
        "COMPOSE_PROJECT_NAME": project,
        "STAGECAST_LISTEN": f"127.0.0.1:{port}",
        "STAGECAST_IMAGE_PREFIX": "stagecast-test",
        **settings,
    }
    env_file = folder / "product.env"  # a developer's own .env is not for tests, nor are these for tests of other kinds
    env_file.write_text("".join(f"{name}={value}\n" for name, value in settings.items()))
    compose = DockerCompose(PROJECT, ["docker-compose.yml", *overlays], build=True, env_file=str(env_file))
    client = docker.from_env()
    try:
        with compose:
            wait_for_quiet_network()
            product = Product(compose, client, project, f"http://localhost:{port}")
            yield product
            product.run("kill")  # an end in order is a test of its own
    except subprocess.CalledProcessError as error:
        raise AssertionError(f"{error}: {error.stderr.decode()[-3_000:]}") from error
    finally:
        client.close()


def wait_for_quiet_network() -> None:
    """Wait until no network interface is still being set up.

    A container's interface gets its address a second or two after its start, and Chromium then breaks off all that it
    loads (ERR_NETWORK_CHANGED).
    """
    if INTERFACES.exists():
        wait_until(lambda: not any(map(_is_tentative, INTERFACES.read_text().splitlines())), 30, what="a quiet network")


def _is_tentative(address: str) -> bool:
    """A line of /proc/net/if_inet6; Linux still looks whether somebody else has that address."""
    return bool(int(address.split()[4], 16) & 0x40)
