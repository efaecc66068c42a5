"""`docs/operations.md` names what there is: figures, log events, words of `/readyz`."""

import re
from pathlib import Path

import httpx
from prometheus_client.parser import text_string_to_metric_families
from starlette.applications import Starlette

from notifier.figures import PREFIX, Figures
from notifier.snapshots import Reason

PROJECT = Path(__file__).parents[3]
PAGE = (PROJECT / "docs" / "operations.md").read_text(encoding="utf-8")
CODE = "".join(
    path.read_text(encoding="utf-8")
    for package in ("contracts", "gateway", "processor", "notifier")
    for path in (PROJECT / package).rglob("*.py")
)


async def test_every_figure_is_told_and_no_other() -> None:
    transport = httpx.ASGITransport(Starlette(routes=[Figures().route()]))
    async with httpx.AsyncClient(transport=transport, base_url="http://notifier") as client:
        families = text_string_to_metric_families((await client.get("/metrics")).text)
    names = {family.name + ("_total" if family.type == "counter" else "") for family in families}
    there = {name for name in names if not name.endswith("_created")}  # when each began
    assert set(re.findall(rf"\b{PREFIX}_\w+", PAGE)) == there


def test_every_log_event_exists() -> None:
    alarms = PAGE.partition("## Alarms")[2]
    named = re.findall(r"`((?:store|broker|attempt|record|delivery|upload|event|log)\.[a-z_]+)`", alarms)
    assert len(named) >= 10
    assert [name for name in named if f'"{name}"' not in CODE] == []


def test_the_words_of_readyz_are_those() -> None:
    said = re.findall(r"`/readyz`: `([^`]+)`", PAGE)
    assert len(said) == 4
    assert [words for words in said if words not in CODE] == []


def test_reasons_of_snapshots_exist() -> None:
    for reason in ("new", "fell-behind", "too-much", "log-remade"):
        assert f"`{reason}`" in PAGE
        assert reason in set(Reason)
