"""All checks of one Stagecast, at once."""

import asyncio
import ipaddress
from dataclasses import dataclass, replace
from urllib.parse import urlsplit

import httpx

from cli.amqp_url import parse_amqp_url
from cli.doctor.broker import judge_broker, judge_unseen, read_broker
from cli.doctor.canary import Canary, judge_canary
from cli.doctor.clocks import judge_clocks, read_date
from cli.doctor.finding import Finding
from cli.doctor.flight import send_canary
from cli.doctor.http_version import judge_http_version, read_http_version
from cli.doctor.limits import judge_limits, read_limits
from cli.doctor.management import judge_management, management_url, read_management
from cli.doctor.node import read_node
from cli.doctor.services import judge_service, read_service
from cli.doctor.store import judge_store, read_store
from cli.doctor.stream import judge_stream, read_stream
from cli.settings import StackSettings
from client import Stagecast, UnreachableError

PROBE = httpx.Timeout(5)


@dataclass(frozen=True)
class Question:
    """What is asked for."""

    pipelines: tuple[str, ...]
    listen_seconds: float
    canary_seconds: float  # 0: none is sent
    management_url: str


@dataclass(frozen=True)
class Report:
    """What was found, and the canary's way."""

    findings: list[Finding]
    canary: Canary | None


async def examine(stagecast: Stagecast, settings: StackSettings, question: Question) -> Report:
    """Gather everything at the same time: the longest listens to a quiet stream."""
    is_here = is_this_machine(stagecast.url)
    async with httpx.AsyncClient(timeout=PROBE, headers=stagecast.http.headers, cookies=stagecast.http.cookies) as http:
        async with asyncio.TaskGroup() as tasks:
            services = tasks.create_task(_services(stagecast, settings, http, is_here=is_here))
            broker = tasks.create_task(broker_findings(settings, question, http, is_here=is_here))
            stream = tasks.create_task(_stream(stagecast, http, question.listen_seconds))
            canary = tasks.create_task(_canary(stagecast, question))
            version = tasks.create_task(read_http_version(stagecast.url))
            machine = tasks.create_task(asyncio.to_thread(_machine, settings, is_here=is_here))
        clocks = [await read_date(http, "gateway", stagecast.url)]
    told = [reading for reading in clocks if reading is not None]
    sent = canary.result()
    findings = [
        *services.result(),
        *broker.result(),
        *machine.result(),
        judge_http_version(version.result(), is_here=is_here),
        *stream.result(),
        *judge_clocks([*told, *(sent.clocks() if sent else ())]),
        *([judge_canary(sent)] if sent else []),
    ]
    return Report(findings, sent)


def is_this_machine(url: str) -> bool:
    """Whether a URL leads here, so that broker, store and limits can be looked at from here."""
    host = urlsplit(url).hostname or ""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")


async def _services(
    stagecast: Stagecast, settings: StackSettings, http: httpx.AsyncClient, *, is_here: bool
) -> list[Finding]:
    places = {"gateway": stagecast.url}
    try:
        notifier = await stagecast.notifier_url()
    except UnreachableError:
        notifier = stagecast.url
    if notifier != stagecast.url:
        places["notifier"] = notifier
    if is_here:
        places["processor"] = f"http://127.0.0.1:{settings.processor_port}"
    read = await asyncio.gather(*(read_service(http, name, url) for name, url in places.items()))
    return [finding for service in read for finding in judge_service(service)]


async def broker_findings(
    settings: StackSettings, question: Question, http: httpx.AsyncClient, *, is_here: bool
) -> list[Finding]:
    """Where nobody said which broker, only that of this machine is meant."""
    if not is_here and "amqp_url" not in settings.model_fields_set:
        return judge_unseen()
    url = parse_amqp_url(settings.amqp_url.get_secret_value())
    broker, management = await asyncio.gather(
        read_broker(url, question.pipelines),
        read_management(http, question.management_url or management_url(url), url),
    )
    # A node may announce another time than the one it was told last: ours can be asked.
    if url.fits_private_node and (node := await asyncio.to_thread(read_node, settings.local_folder / "rabbitmq")):
        broker = (
            broker
            if node.acknowledged_within is None
            else replace(broker, acknowledged_within=node.acknowledged_within)
        )
    return [*judge_broker(broker), *judge_management(management, broker.version)]


async def _stream(stagecast: Stagecast, http: httpx.AsyncClient, seconds: float) -> list[Finding]:
    try:
        url = f"{await stagecast.notifier_url()}/events"
    except UnreachableError:
        return []  # said of the gateway
    return judge_stream(await read_stream(http, url, seconds=seconds))


async def _canary(stagecast: Stagecast, question: Question) -> Canary | None:
    if not question.canary_seconds:
        return None
    return await send_canary(stagecast, question.pipelines[0], seconds=question.canary_seconds)


def _machine(settings: StackSettings, *, is_here: bool) -> list[Finding]:
    if not is_here and "store_url" not in settings.model_fields_set:
        return []
    limits = judge_limits(read_limits(settings.local_folder)) if is_here else []
    return [judge_store(read_store(settings.blobs_url)), *limits]
