"""The manifests in `deploy/kubernetes`: right by the schemas of Kubernetes, and about the services that there are."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import kubernetes_validate
import pytest
import yaml

from contracts.settings import SharedSettings
from gateway.settings import GatewaySettings
from notifier.settings import NotifierSettings
from processor.settings import ProcessorSettings

FOLDER = Path(__file__).parents[3] / "deploy" / "kubernetes"
FILES = sorted(FOLDER.rglob("*.yaml"))
CUSTOM = {"rabbitmq.com/v1beta1", "keda.sh/v1alpha1"}  # their operators bring the schemas
OLDEST = "1.31"
SETTINGS: dict[str, type[SharedSettings]] = {
    "gateway": GatewaySettings,
    "notifier": NotifierSettings,
    "processor": ProcessorSettings,
}


def documents(*paths: Path) -> Iterator[dict[str, Any]]:
    for path in paths:
        yield from yaml.safe_load_all(path.read_text(encoding="utf-8"))


def manifests() -> list[dict[str, Any]]:
    found = documents(*(path for path in FILES if path.name != "kustomization.yaml"))
    return [each for each in found if each["apiVersion"] not in CUSTOM]


def named(kind: str) -> dict[str, dict[str, Any]]:
    return {each["metadata"]["name"]: each for each in manifests() if each["kind"] == kind}


def container(service: str) -> dict[str, Any]:
    (found,) = named("Deployment")[service]["spec"]["template"]["spec"]["containers"]
    return dict(found)


@pytest.mark.parametrize("version", [OLDEST, kubernetes_validate.latest_version()])
@pytest.mark.parametrize("manifest", manifests(), ids=lambda each: f"{each['kind']}-{each['metadata']['name']}")
def test_each_keeps_to_its_schema(manifest: dict[str, Any], version: str) -> None:
    kubernetes_validate.validate(manifest, version, strict=True)


def test_a_wrong_one_would_be_found() -> None:
    wrong = {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "x"}, "spec": {"port": "80"}}
    with pytest.raises(kubernetes_validate.ValidationError):
        kubernetes_validate.validate(wrong, OLDEST, strict=True)


def test_the_kustomization_has_every_file() -> None:
    (told,) = documents(FOLDER / "kustomization.yaml")
    here = {path.name for path in FOLDER.glob("*.yaml")} - {"kustomization.yaml", "secret.example.yaml"}
    assert {name for name in told["resources"] if not name.startswith("..")} == here
    images = {image["name"] for image in told["images"]}
    assert images == {container(service)["image"] for service in SETTINGS}
    for name in told["resources"]:
        assert (FOLDER / name).exists()


@pytest.mark.parametrize("service", SETTINGS)
def test_each_service_is_probed_bounded_and_without_rights(service: str) -> None:
    told = container(service)
    assert told["ports"][0]["containerPort"] == SETTINGS[service].model_fields[f"{service}_port"].default
    paths = {name: told[name]["httpGet"]["path"] for name in ("startupProbe", "livenessProbe", "readinessProbe")}
    assert paths == {"startupProbe": "/livez", "livenessProbe": "/livez", "readinessProbe": "/readyz"}
    assert told["securityContext"]["readOnlyRootFilesystem"]
    assert told["resources"]["limits"]["memory"]


@pytest.mark.parametrize("service", SETTINGS)
def test_each_service_is_told_only_what_it_knows(service: str) -> None:
    shared = named("ConfigMap")["stagecast"]["data"]
    own = {each["name"] for each in container(service)["env"]}
    known = {f"STAGECAST_{name.upper()}" for kind in SETTINGS.values() for name in kind.model_fields}
    assert {name for name in own | set(shared) if name.startswith("STAGECAST_")} <= known


def test_services_know_every_node_of_the_broker() -> None:
    (cluster, _) = documents(FOLDER / "rabbitmq.yaml")
    for service in SETTINGS:
        (url,) = (each["value"] for each in container(service)["env"] if each["name"] == "STAGECAST_AMQP_URL")
        hosts = [node.partition("@")[2] for node in url.split(",")]
        assert hosts == [f"rabbitmq-server-{n}.rabbitmq-nodes:5672/" for n in range(cluster["spec"]["replicas"])]


def test_evictions_leave_one_of_each() -> None:
    budgets = named("PodDisruptionBudget")
    for name, deployment in named("Deployment").items():
        labels = deployment["spec"]["template"]["metadata"]["labels"]
        assert deployment["spec"]["selector"]["matchLabels"] == labels == {"app": name}
        assert budgets[name]["spec"] == {"maxUnavailable": 1, "selector": {"matchLabels": labels}}
        assert deployment["spec"]["replicas"] >= 2


def test_a_processor_ends_within_its_grace() -> None:
    grace = {each["name"]: each.get("value") for each in container("processor")["env"]}
    pod = named("Deployment")["processor"]["spec"]["template"]["spec"]
    assert float(grace["STAGECAST_PROCESSOR_GRACE_SECONDS"]) + 10 <= pod["terminationGracePeriodSeconds"]


def test_the_edge_and_prometheus_alone_reach_the_services() -> None:
    [rule] = named("NetworkPolicy")["only-the-edge"]["spec"]["ingress"]
    edge, prometheus = rule["from"]
    assert edge == {"podSelector": {"matchLabels": named("Deployment")["edge"]["spec"]["selector"]["matchLabels"]}}
    assert prometheus["namespaceSelector"] == {}  # wherever it is
    assert prometheus["podSelector"]["matchLabels"] == {"app.kubernetes.io/name": "prometheus"}


def test_processors_are_as_many_as_jobs_that_wait_or_run_need() -> None:
    scaled, entry = documents(FOLDER / "autoscaling" / "processor.yaml")
    [trigger] = scaled["spec"]["triggers"]
    told, namespace = trigger["metadata"], named("Namespace")["stagecast"]["metadata"]["name"]
    assert (told["protocol"], told["host"]) == ("http", f"http://rabbitmq.{namespace}.svc:15672/")
    assert {each["parameter"] for each in entry["spec"]["secretTargetRef"]} == {"username", "password"}
