"""`docs/metrics.md` has a row for every metric of every service, and no other; and all keep to the naming scheme."""

import re
from pathlib import Path

import pytest
from prometheus_client.metrics import MetricWrapperBase

from contracts.metrics import Measures
from gateway.figures import Figures as GatewayFigures
from notifier.figures import Figures as NotifierFigures
from processor.figures import Figures as ProcessorFigures

PAGE = Path(__file__).parents[3] / "docs" / "metrics.md"
ROW = re.compile(r"^\| `stagecast_.*\|$", re.MULTILINE)
SERVICES = {"gateway": GatewayFigures, "processor": ProcessorFigures, "notifier": NotifierFigures}
SECRET_LABELS = {"job", "job_id", "owner", "name", "file", "address", "client", "visitor"}


def metrics(figures: Measures) -> list[MetricWrapperBase]:
    found = {id(each): each for each in figures.registry._names_to_collectors.values()}
    return [each for each in found.values() if isinstance(each, MetricWrapperBase)]


def exposed(metric: MetricWrapperBase) -> str:
    """As Prometheus stores it."""
    return f"{metric._name}_total" if metric._type == "counter" else metric._name


def row(metric: MetricWrapperBase) -> str:
    labels = ", ".join(f"`{label}`" for label in metric._labelnames)
    return f"| `{exposed(metric)}` | {metric._type} | {labels} | {metric._documentation} |"


def test_every_metric_has_its_row() -> None:
    wanted = [row(metric) for figures in SERVICES.values() for metric in metrics(figures())]
    assert sorted(ROW.findall(PAGE.read_text(encoding="utf-8"))) == sorted(wanted)


@pytest.mark.parametrize("service", SERVICES)
def test_names_keep_to_the_scheme(service: str) -> None:
    for metric in metrics(SERVICES[service]()):
        assert metric._name.startswith(f"stagecast_{service}_")
        assert not SECRET_LABELS & set(metric._labelnames)
        if metric._type == "histogram":
            assert metric._name.endswith("_seconds")
