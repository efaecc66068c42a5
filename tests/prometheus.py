"""Prometheus with our own configuration: what it scrapes is elsewhere, and it looks more often."""

import json
import re
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import yaml

from tests.ground import missing, wait_until
from tests.stack import PROJECT, free_ports

MONITORING = PROJECT / "deploy" / "monitoring"
DASHBOARD = MONITORING / "grafana" / "stagecast.json"
SERVICES = ("gateway", "processor", "notifier")
METRIC = re.compile(r"\b(?:stagecast|rabbitmq|process)_[a-z_]+")


def program(name: str) -> str:
    """`prometheus` or `promtool`, as `make prometheus` fetches them."""
    fetched = PROJECT / ".local" / "prometheus" / name
    found = shutil.which(name) or (str(fetched) if fetched.exists() else None)
    if found is None:
        missing(f"no {name} on this machine: `make prometheus` fetches it")
    return found


def alerts() -> list[dict[str, Any]]:
    groups = yaml.safe_load((MONITORING / "alerts.yml").read_text())["groups"]
    return [rule for group in groups for rule in group["rules"]]


def queries() -> list[str]:
    """Those of the dashboard, as Grafana sends them."""
    panels = json.loads(DASHBOARD.read_text())["panels"]
    asked = [target["expr"] for panel in panels for target in panel.get("targets", ())]
    return [query.replace("$__rate_interval", "1m") for query in asked]


def asked_for(query: str) -> set[str]:
    """The metrics in a query; a name for all three services is three names."""
    each = [query.replace(f"({'|'.join(SERVICES)})", service) for service in SERVICES]
    return {name for text in each for name in METRIC.findall(text)}


@dataclass
class Prometheus:
    """A running server."""

    http: httpx.Client
    folder: Path

    def ask(self, path: str, **query: str) -> Any:
        answer = self.http.get(f"/api/v1/{path}", params=query)
        assert answer.status_code == 200, answer.text
        return answer.json()["data"]

    def finds(self, query: str) -> bool:
        return bool(self.ask("query", query=query)["result"])

    def rules(self) -> list[dict[str, Any]]:
        return [rule for group in self.ask("rules")["groups"] for rule in group["rules"]]

    def raised(self) -> set[str]:
        """Alerts that fire, or will if it stays so."""
        return {rule["name"] for rule in self.rules() if rule["state"] != "inactive"}


def aim(folder: Path, job: str, *ports: int) -> None:
    """What a job of the configuration in a folder scrapes from now on."""
    (folder / f"{job}.json").write_text(json.dumps([{"targets": [f"127.0.0.1:{port}" for port in ports]}]))


@contextmanager
def running_prometheus(folder: Path, ports: Mapping[str, int]) -> Iterator[Prometheus]:
    """It scrapes 127.0.0.1 at a port for each job of the configuration, each second."""
    (port,) = free_ports(1)
    for job in ports:
        aim(folder, job, ports[job])
    (folder / "prometheus.yml").write_text(yaml.safe_dump(_configuration(folder)))
    command = [
        program("prometheus"),
        f"--config.file={folder / 'prometheus.yml'}",
        f"--storage.tsdb.path={folder / 'data'}",
        f"--web.listen-address=127.0.0.1:{port}",
        "--log.level=warn",
    ]
    with (
        httpx.Client(base_url=f"http://127.0.0.1:{port}") as http,
        (folder / "log").open("wb") as log,
        subprocess.Popen(command, stderr=log) as process,
    ):
        try:
            wait_until(lambda: _is_ready(http), 30, what=f"Prometheus; its log is {folder / 'log'}")
            yield Prometheus(http, folder)
        finally:
            process.terminate()


def _configuration(folder: Path) -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load((MONITORING / "prometheus.yml").read_text())
    for job in found["scrape_configs"]:
        assert job.pop("dns_sd_configs", None) or job.pop("static_configs", None)
        job["file_sd_configs"] = [{"files": [str(folder / f"{job['job_name']}.json")], "refresh_interval": "1s"}]
    often = {"scrape_interval": "1s", "evaluation_interval": "1s"}
    return {**found, "global": often, "rule_files": [str(MONITORING / "alerts.yml")]}


def _is_ready(http: httpx.Client) -> bool:
    try:
        return http.get("/-/ready").status_code == 200
    except httpx.TransportError:
        return False
