"""`docs/operations.md` names what there is: metrics, log events, words of `/readyz`."""

import re
from pathlib import Path

from notifier.snapshots import Reason
from tests.unit.docs.test_metrics_page import SERVICES, exposed, metrics

PROJECT = Path(__file__).parents[3]
PAGE = (PROJECT / "docs" / "operations.md").read_text(encoding="utf-8")
CODE = "".join(
    path.read_text(encoding="utf-8")
    for package in ("contracts", "gateway", "processor", "notifier")
    for path in (PROJECT / package).rglob("*.py")
)


def test_every_metric_that_is_named_exists() -> None:
    there = {exposed(metric) for figures in SERVICES.values() for metric in metrics(figures())}
    named = set(re.findall(r"\bstagecast_(?:gateway|processor|notifier)_\w+", PAGE))
    assert len(named) >= 7
    assert named <= there


def test_every_log_event_exists() -> None:
    alarms = PAGE.partition("## Alarms")[2]
    named = re.findall(r"`((?:store|broker|attempt|record|delivery|request|upload|event|log)\.[a-z_]+)`", alarms)
    assert len(named) >= 10
    assert [name for name in named if f'"{name}"' not in CODE] == []


def test_the_words_of_readyz_are_those() -> None:
    said = re.findall(r"`/readyz`: `([^`]+)`", PAGE)
    assert len(said) == 5
    assert [words for words in said if words not in CODE] == []


def test_reasons_of_snapshots_exist() -> None:
    for reason in ("new", "fell-behind", "too-much", "log-remade"):
        assert f"`{reason}`" in PAGE
        assert reason in set(Reason)
