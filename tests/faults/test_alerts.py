"""A real Prometheus over real services, with the configuration, the alerts and the queries that we hand out.

Pass rule: when all is well each target is up, each query finds something and no alert is raised; what then goes wrong
raises the alert that says so.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import httpx
import pytest

from tests.faults.processes import Broker, a_broker
from tests.faults.test_queue_deleted import wake_up
from tests.ground import wait_until_async
from tests.prometheus import Prometheus, aim, alerts, asked_for, queries, running_prometheus
from tests.services import running_gateway, running_notifier, running_processor
from tests.stack import free_ports
from tests.streams import listening

SECONDS = 30


@pytest.fixture
def broker_metrics() -> int:
    (port,) = free_ports(1)
    return port


@pytest.fixture
def broker(rabbitmq: None, tmp_path: Path, broker_metrics: int) -> Iterator[Broker]:
    """It tells Prometheus of itself, each second."""
    conf = tmp_path / "broker" / "conf.d" / "told.conf"
    conf.parent.mkdir(parents=True)
    conf.write_text(
        f"prometheus.tcp.ip = 127.0.0.1\nprometheus.tcp.port = {broker_metrics}\ncollect_statistics_interval = 1000\n"
    )
    (tmp_path / "broker" / "enabled_plugins").write_text("[rabbitmq_prometheus].\n")
    with a_broker(tmp_path / "broker") as broker:
        yield broker


@dataclass
class Watched:
    """The services, and who watches them."""

    prometheus: Prometheus
    gateway: httpx.AsyncClient
    processor: AsyncExitStack  # ends it

    async def send(self, pipeline: str, content: bytes) -> httpx.Response:
        return await self.gateway.put("/upload/a.txt", content=content, params={"pipeline": pipeline})

    async def until(self, raised: set[str]) -> None:
        """Wait until at least these alerts are raised; none at all is nothing but that."""

        async def are_raised() -> bool:
            found = await asyncio.to_thread(self.prometheus.raised)
            return raised <= found if raised else not found

        await wait_until_async(are_raised, SECONDS, what=f"{raised or 'no alert'}")


@pytest.fixture
async def watched(broker: Broker, broker_metrics: int, blobs: Path, tmp_path: Path) -> AsyncIterator[Watched]:
    store = blobs.as_uri()
    async with AsyncExitStack() as services:
        processor = await services.enter_async_context(AsyncExitStack())
        pipelines = ("count", "trouble", "naps")
        work = await processor.enter_async_context(running_processor(broker.url, store, *pipelines))
        notifier = await services.enter_async_context(running_notifier(broker.url, store_url=store))
        gateway = await services.enter_async_context(running_gateway(broker.url, store))
        await services.enter_async_context(listening(notifier))
        client = await services.enter_async_context(httpx.AsyncClient(base_url=gateway, timeout=60))
        (folder := tmp_path / "prometheus").mkdir()
        ports = {name: httpx.URL(url).port for name, url in (("gateway", gateway), ("processor", work))}
        ports = {**ports, "notifier": httpx.URL(notifier).port, "rabbitmq": broker_metrics}
        ports["rabbitmq-queues"] = broker_metrics
        known = {job: port for job, port in ports.items() if port is not None}
        prometheus = services.enter_context(running_prometheus(folder, known))
        yield Watched(prometheus, client, processor)


async def test_alerts_and_dashboard_see_what_there_is(watched: Watched, broker: Broker, blobs: Path) -> None:
    prometheus = watched.prometheus
    napping = (await watched.send("naps", b"x")).json()["jobs"][0]["id"]
    for _ in range(2):
        assert (await watched.send("count", b"x" * 1_000)).status_code == 202
    await all_is_found(prometheus)
    await watched.until(set())
    assert {(rule["name"], rule["health"]) for rule in prometheus.rules()} == {
        (rule["alert"], "ok") for rule in alerts()
    }

    assert (await watched.send("trouble", b"permanent")).status_code == 202
    await watched.until({"DeadLetters"})
    wake_up(blobs, napping)
    await watched.processor.aclose()
    assert (await watched.send("count", b"x")).status_code == 202
    await watched.until({"JobsUnserved", "ServiceDown"})
    await asyncio.to_thread(broker.control, "set_disk_free_limit", "1000000GB")
    await watched.until({"BrokerAlarm"})
    await asyncio.to_thread(broker.stop)
    await watched.until({"BrokerDown", "BrokerConnectionDown", "LogNotFollowed"})
    assert (await watched.send("count", b"x")).status_code == 503
    await watched.until({"UploadsRefused"})
    aim(prometheus.folder, "gateway")
    await watched.until({"ServiceMissing"})


async def all_is_found(prometheus: Prometheus) -> None:
    """Every target is up, every metric that is asked for is there, and every query of the dashboard has an answer."""

    async def until(is_found: Callable[[], bool], what: str) -> None:
        await wait_until_async(lambda: asyncio.to_thread(is_found), SECONDS, what=what)

    await until(
        lambda: {target["health"] for target in prometheus.ask("targets")["activeTargets"]} == {"up"}, "targets"
    )
    for name in {name for query in [*queries(), *(rule["expr"] for rule in alerts())] for name in asked_for(query)}:
        await until(partial(prometheus.finds, name), name)
    for query in queries():
        await until(partial(prometheus.finds, query), query)
