"""Alerts and dashboard: they say what they mean, ask for what there is, and each alert fires when it should."""

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.prometheus import MONITORING, alerts, asked_for, program, queries
from tests.unit.docs.test_metrics_page import SERVICES, exposed, metrics


def ours(query: str) -> set[str]:
    return {name for name in asked_for(query) if name.startswith("stagecast_")}


def there_are() -> Iterator[str]:
    for figures in SERVICES.values():
        for metric in metrics(figures()):
            yield exposed(metric)
            if metric._type == "histogram":
                yield from (f"{metric._name}_{part}" for part in ("bucket", "count", "sum"))


def promtool(*arguments: str | Path) -> str:
    done = subprocess.run(
        [program("promtool"), *arguments], cwd=MONITORING, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.mark.parametrize("query", [*[rule["expr"] for rule in alerts()], *queries()])
def test_what_is_asked_for_is_there(query: str) -> None:
    assert ours(query) <= set(there_are())


def test_a_metric_that_is_gone_would_be_noticed() -> None:
    assert ours("rate(stagecast_gateway_gone_total[5m])") - set(there_are()) == {"stagecast_gateway_gone_total"}


def test_every_metric_is_shown_or_watched() -> None:
    """But those that say the same as another one that is."""
    asked = {name for query in [*queries(), *[rule["expr"] for rule in alerts()]] for name in ours(query)}
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


def test_alerts_fire_as_their_cases_say() -> None:
    promtool("check", "config", "prometheus.yml")
    promtool("test", "rules", "alerts.test.yml")


def test_every_query_of_the_dashboard_can_be_parsed(tmp_path: Path) -> None:
    """As rules, since that is what promtool parses."""
    rules = [{"record": f"query:{number}", "expr": query} for number, query in enumerate(queries())]
    path = tmp_path / "queries.yml"
    path.write_text(yaml.safe_dump({"groups": [{"name": "dashboard", "rules": rules}]}))
    assert f"{len(rules)} rules found" in promtool("check", "rules", path)
