"""`doctor` and a broker that is set up wrongly, or in need.

Pass rule: each such broker is a finding with its remedy, and the same broker without the fault is none.
"""

from pathlib import Path

import httpx
import pytest

from cli.amqp_url import parse_amqp_url
from cli.doctor.broker import judge_broker, read_broker
from cli.doctor.examination import Question, broker_findings
from cli.doctor.finding import Finding, Level
from cli.doctor.management import Management, judge_management, read_management
from cli.settings import StackSettings
from tests.faults.processes import Broker, a_broker
from tests.ground import wait_until_async
from tests.stack import free_ports

QUESTION = Question(pipelines=(), listen_seconds=1, canary_seconds=0, management_url="http://127.0.0.1:9")


def configure(folder: Path, text: str) -> None:
    file = folder / "conf.d" / "test.conf"
    file.parent.mkdir(parents=True)
    file.write_text(text)


async def told(broker: Broker) -> dict[str, Finding]:
    """What `doctor` says of it, when it stands where `up` puts it."""
    settings = StackSettings(amqp_url=broker.url, local_folder=broker.folder.parent)
    async with httpx.AsyncClient() as http:
        findings = await broker_findings(settings, QUESTION, http, is_here=True)
    return {finding.check: finding for finding in findings}


async def test_a_broker_that_takes_long_jobs_away(rabbitmq: None, tmp_path: Path) -> None:
    """RabbitMQ 3.10 announces what its node was started with; ours is asked what it really does."""
    configure(tmp_path / "rabbitmq", "consumer_timeout = 900000\n")
    with a_broker(tmp_path / "rabbitmq") as broker:
        finding = (await told(broker))["acknowledgement timeout"]
    assert (finding.level, finding.said) == (Level.WRONG, "jobs that run longer than 0:15:00 are taken away")
    assert "consumer_timeout = 604800000" in finding.remedy


async def test_a_broker_whose_disk_is_full(broker: Broker) -> None:
    assert (await told(broker))["broker alarms"].level is Level.GOOD
    with broker.full_disk():
        finding = (await told(broker))["broker alarms"]
    assert (await told(broker))["broker alarms"].level is Level.GOOD
    assert (finding.level, finding.said) == (Level.WRONG, "it takes no messages: its disk or memory alarm is on")


async def test_what_the_management_api_tells(rabbitmq: None, tmp_path: Path) -> None:
    (port,) = free_ports(1)
    configure(tmp_path / "rabbitmq", f"management.tcp.ip = 127.0.0.1\nmanagement.tcp.port = {port}\n")
    (tmp_path / "rabbitmq" / "enabled_plugins").write_text("[rabbitmq_management].\n")
    with a_broker(tmp_path / "rabbitmq") as broker:
        url, amqp = f"http://127.0.0.1:{port}", parse_amqp_url(broker.url)
        async with httpx.AsyncClient(timeout=30) as http:
            read: list[Management] = []

            async def is_told() -> bool:  # it gathers its figures every 5 s
                read.append(await read_management(http, url, amqp))
                return bool(read[-1].nodes and read[-1].nodes[0].files and read[-1].nodes[0].alarms)

            with broker.full_disk():
                await wait_until_async(is_told, 60, what="figures of the management API")
            assert (await read_management(http, url, parse_amqp_url("amqp://guest:wrong@127.0.0.1/"))).error
        findings = judge_management(read[-1], None)
    assert any(finding.said.endswith("the disk alarm is on") for finding in findings)
    assert any(finding.check == "open files: stagecast-local@localhost" for finding in findings)


@pytest.mark.parametrize("fault", ["user", "vhost"])
async def test_a_broker_that_refuses_us(broker: Broker, fault: str) -> None:
    url = broker.url.replace("guest:guest", "guest:wrong") if fault == "user" else f"{broker.url}2"
    [finding] = judge_broker(await read_broker(parse_amqp_url(url), []))
    assert (finding.check, finding.level) == ("broker", Level.WRONG)
