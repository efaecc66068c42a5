"""Alerts and dashboard: they say what they mean, ask for what there is, and each alert fires when it should."""

import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.ground import missing
from tests.unit.docs.test_metrics_page import SERVICES, exposed, metrics

ROOT = Path(__file__).parents[3]
MONITORING = ROOT / "deploy" / "monitoring"
DASHBOARD = MONITORING / "grafana" / "stagecast.json"
EVERY_SERVICE = "(gateway|processor|notifier)"
METRIC = re.compile(r"\bstagecast_[a-z_]+")


def alerts() -> list[dict[str, Any]]:
    groups = yaml.safe_load((MONITORING / "alerts.yml").read_text())["groups"]
    return [rule for group in groups for rule in group["rules"]]


def queries() -> list[str]:
    panels = json.loads(DASHBOARD.read_text())["panels"]
    return [target["expr"] for panel in panels for target in panel.get("targets", ())]


def asked_for(query: str) -> set[str]:
    """The metrics of ours in a query; a name for all three services is three names."""
    each = [query.replace(EVERY_SERVICE, service) for service in SERVICES]
    return {name for text in each for name in METRIC.findall(text)}


def there_are() -> Iterator[str]:
    for figures in SERVICES.values():
        for metric in metrics(figures()):
            yield exposed(metric)
            if metric._type == "histogram":
                yield from (f"{metric._name}_{part}" for part in ("bucket", "count", "sum"))


@pytest.fixture(scope="module")
def promtool() -> str:
    fetched = ROOT / ".local" / "promtool" / "promtool"
    found = shutil.which("promtool") or (str(fetched) if fetched.exists() else None)
    if found is None:
        missing("no promtool on this machine: `make promtool` fetches it")
    return found


def run(promtool: str, *arguments: str | Path) -> str:
    done = subprocess.run([promtool, *arguments], cwd=MONITORING, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.mark.parametrize("query", [*[rule["expr"] for rule in alerts()], *queries()])
def test_what_is_asked_for_is_there(query: str) -> None:
    assert asked_for(query) <= set(there_are())


def test_a_metric_that_is_gone_would_be_noticed() -> None:
    assert asked_for("rate(stagecast_gateway_gone_total[5m])") - set(there_are()) == {"stagecast_gateway_gone_total"}


def test_every_metric_is_shown_or_watched() -> None:
    """But those that say the same as another one that is."""
    asked = {name for query in [*queries(), *[rule["expr"] for rule in alerts()]] for name in asked_for(query)}
    families = {re.sub("_(bucket|count|sum)$", "", name) for name in asked}
    left = {exposed(metric) for figures in SERVICES.values() for metric in metrics(figures())} - families
    assert left == {
        "stagecast_gateway_messages_published_total",
        "stagecast_notifier_log_offset",
        "stagecast_processor_dead_letters_total",
        "stagecast_processor_publishes_repeated_total",
    }


@pytest.mark.parametrize("rule", alerts(), ids=lambda rule: str(rule["alert"]))
def test_an_alert_says_what_it_means_and_what_to_do(rule: dict[str, Any]) -> None:
    assert rule["labels"]["severity"] in {"critical", "warning", "info"}
    assert set(rule["annotations"]) == {"summary", "meaning", "action"}


def test_every_alert_is_made_to_fire() -> None:
    cases = yaml.safe_load((MONITORING / "alerts.test.yml").read_text())["tests"]
    assert [case["name"] for case in cases] == [*[rule["alert"] for rule in alerts()], "all is well"]
    for case in cases[:-1]:
        [asked] = case["promql_expr_test"]
        assert f'alertname="{case["name"]}", alertstate="firing"' in asked["expr"]
        assert asked["exp_samples"]


def test_alerts_fire_as_their_cases_say(promtool: str) -> None:
    run(promtool, "check", "config", "prometheus.yml")
    run(promtool, "test", "rules", "alerts.test.yml")


def test_every_query_of_the_dashboard_can_be_parsed(promtool: str, tmp_path: Path) -> None:
    """As rules, since that is what promtool parses."""
    rules = [
        {"record": f"query:{number}", "expr": query.replace("$__rate_interval", "5m")}
        for number, query in enumerate(queries())
    ]
    path = tmp_path / "queries.yml"
    path.write_text(yaml.safe_dump({"groups": [{"name": "dashboard", "rules": rules}]}))
    assert f"{len(rules)} rules found" in run(promtool, "check", "rules", path)
