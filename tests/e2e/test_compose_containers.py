"""The compose stack's containers: what they may do, what they hold, and how they say that they are ready."""

import shlex

import pytest
from docker.models.containers import Container

from tests.compose import ALL, SERVICES, UP_SECONDS, Product
from tests.ground import wait_until
from tests.stack import PROJECT

pytestmark = pytest.mark.timeout(400)
MB = 1_000_000
LARGEST = {"gateway": 110 * MB, "notifier": 110 * MB, "processor": 350 * MB}  # above the base image
LABELS = ("title", "description", "licenses", "vendor", "version", "revision")


@pytest.mark.parametrize("service", SERVICES)
def test_a_service_has_no_rights_and_writes_nowhere_but_in_volumes(product: Product, service: str) -> None:
    container = product.container(service)
    host = container.attrs["HostConfig"]
    assert product.inside(container, "id", "-u") == "10001"
    assert host["ReadonlyRootfs"]
    assert host["CapDrop"] == ["ALL"]
    assert host["SecurityOpt"] == ["no-new-privileges:true"]
    assert container.exec_run(["touch", "/app/anything"]).exit_code != 0


@pytest.mark.parametrize("service", ALL)
def test_a_container_is_bounded_and_comes_back(product: Product, service: str) -> None:
    host = product.container(service).attrs["HostConfig"]
    assert host["Memory"] > 0
    assert host["RestartPolicy"]["Name"] == "unless-stopped"
    assert host["LogConfig"] == {"Type": "json-file", "Config": {"max-size": "10m", "max-file": "5"}}
    assert service == "rabbitmq" or host["PidsLimit"] > 0


@pytest.mark.parametrize("service", SERVICES)
def test_an_image_is_small_and_says_what_it_is(product: Product, service: str) -> None:
    image = product.container(service).image
    assert image is not None
    labels = image.labels
    assert labels["org.opencontainers.image.title"] == f"Stagecast {service}"
    assert all(labels[f"org.opencontainers.image.{label}"] for label in LABELS)
    assert image.attrs["Size"] - product.client.images.get("python:3.13-slim").attrs["Size"] < LARGEST[service]


@pytest.mark.parametrize("service", SERVICES)
def test_an_image_holds_one_service_and_no_secret(product: Product, service: str) -> None:
    container = product.container(service)
    found = set(product.inside(container, "ls", "-A").split()) - {"__pycache__"}
    assert product.inside(
        container, "ls", f"{service}/__pycache__"
    )  # nothing can be compiled where nothing can be written
    assert found == {"cli", "client", "contracts", "ready.py", service}
    told = (each.partition("=") for each in container.attrs["Config"]["Env"])
    assert not any("amqp://" in value or (name.endswith("_SECRET") and value) for name, _, value in told)


def test_no_image_is_built_for_the_secrets(product: Product) -> None:
    labels = [f"com.docker.compose.project={product.project}", "com.docker.compose.service=secrets"]
    assert product.client.images.list(filters={"label": labels}) == []


def test_the_broker_has_our_user_alone_and_our_limits(product: Product) -> None:
    broker = product.container("rabbitmq")
    assert "guest" not in product.inside(product.container("notifier"), "cat", "/srv/secrets/STAGECAST_AMQP_URL")
    users = product.inside(broker, "rabbitmqctl", "-q", "--no-table-headers", "list_users")
    assert users.split("\t")[0] == "stagecast"
    assert len(users.splitlines()) == 1
    environment = product.inside(broker, "rabbitmqctl", "-q", "environment")
    for said in ("{consumer_timeout,604800000}", '{absolute,"640MiB"}', '{disk_free_limit,"1GiB"}'):
        assert said in environment, said


def test_a_service_without_its_broker_is_not_healthy(product: Product) -> None:
    services = [product.container(service) for service in SERVICES]
    product.run("stop", "rabbitmq")
    wait_until(lambda: not any(map(says_ready, services)), UP_SECONDS, what="services that miss their broker")
    for service in services:
        assert "broker" in checked(service)[1], "no word of why"
    product.run("start", "rabbitmq")
    wait_until(lambda: all(map(says_ready, services)), UP_SECONDS, what="services that have their broker again")


def says_ready(container: Container) -> bool:
    return checked(container)[0]


def checked(container: Container) -> tuple[bool, str]:
    """What its image's health check finds at this moment, and says."""
    kind, *command = container.attrs["Config"]["Healthcheck"]["Test"]
    assert kind == "CMD"
    code, said = container.exec_run(command)
    assert isinstance(said, bytes)
    return code == 0, said.decode()


def test_what_operations_says_to_do_by_hand_works(product: Product) -> None:
    page = (PROJECT / "docs" / "operations.md").read_text(encoding="utf-8")
    block = page.partition("## By hand")[2].partition("```sh\n")[2].partition("```")[0]
    commands = [shlex.split(line, comments=True) for line in block.splitlines()]
    assert len(commands) == 7
    for program, compose, verb, *arguments in commands:
        assert (program, compose) == ("docker", "compose")
        assert product.run(verb, *(["--no-TTY"] if verb == "exec" else []), *arguments), arguments
