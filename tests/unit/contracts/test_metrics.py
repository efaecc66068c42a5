"""What every service's `/metrics` has."""

from prometheus_client import generate_latest

from contracts.metrics import Measures
from gateway.figures import Figures as GatewayFigures
from notifier.figures import Figures as NotifierFigures
from processor.figures import Figures as ProcessorFigures


def lines(figures: Measures) -> list[str]:
    return generate_latest(figures.registry).decode().splitlines()


def test_what_readyz_asks_is_a_number() -> None:
    figures, faults = Measures("gateway"), {"store": "it is away"}
    figures.watch_checks({"store": lambda: faults.get("store"), "broker": lambda: None})
    assert 'stagecast_gateway_check_ok{check="broker"} 1.0' in lines(figures)
    assert 'stagecast_gateway_check_ok{check="store"} 0.0' in lines(figures)
    faults.clear()
    assert 'stagecast_gateway_check_ok{check="store"} 1.0' in lines(figures)


def test_what_may_be_counted_is_there_from_the_start() -> None:
    """Prometheus sees no rise from nothing to one."""
    processor = ProcessorFigures()
    processor.offers(["inspect"])
    assert 'stagecast_processor_attempts_ended_total{outcome="failed",pipeline="inspect"} 0.0' in lines(processor)
    gateway, notifier = lines(GatewayFigures()), lines(NotifierFigures())
    assert 'stagecast_gateway_requests_refused_total{reason="store_full",request="upload"} 0.0' in gateway
    assert 'stagecast_gateway_requests_abandoned_total{request="upload"} 0.0' in gateway
    assert 'stagecast_notifier_streams_refused_total{limit="client"} 0.0' in notifier
    assert 'stagecast_notifier_resumes_total{kind="replay"} 0.0' in notifier
    processor.is_up("processor jobs")
    assert 'stagecast_processor_broker_failures_total{connection="jobs"} 0.0' in lines(processor)


def test_nothing_is_told_that_nobody_asks_for() -> None:
    for figures in (GatewayFigures(), NotifierFigures(), ProcessorFigures()):
        assert not [line for line in lines(figures) if line.startswith("stagecast_") and "_created" in line]
