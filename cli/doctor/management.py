"""What RabbitMQ's management API knows beyond AMQP: deprecated features in use, descriptors, alarms."""

from dataclasses import dataclass
from typing import Any

import httpx

from cli.amqp_url import AmqpUrl
from cli.doctor.finding import Finding, good, unseen, wrong
from cli.doctor.limits import judge_broker_files
from cli.output import shown
from client.stream import broken

PORT = 15672
TELLS_SINCE = (3, 13)


@dataclass(frozen=True)
class Node:
    """One of the cluster."""

    name: str
    files: int | None
    files_used: int | None
    alarms: tuple[str, ...]


@dataclass(frozen=True)
class Management:
    """A reading; `error` says why there is none. `deprecated` is None where the broker is too old to tell."""

    url: str
    error: str = ""
    deprecated: tuple[str, ...] | None = None
    nodes: tuple[Node, ...] = ()


def management_url(broker: AmqpUrl) -> str:
    """Where it usually is."""
    host = f"[{broker.host}]" if ":" in broker.host else broker.host
    return f"http://{host}:{PORT}"


async def read_management(http: httpx.AsyncClient, url: str, broker: AmqpUrl) -> Management:
    """Ask with the broker's own user."""
    try:
        nodes = await _get(http, f"{url}/api/nodes", broker)
        used = await _get(http, f"{url}/api/deprecated-features/used", broker)
    except (httpx.TransportError, ValueError) as error:
        return Management(url, broken(error))
    if not isinstance(nodes, list):
        return Management(url, "it refuses this user")
    names = tuple(str(each.get("name")) for each in used) if isinstance(used, list) else None
    return Management(url, deprecated=names, nodes=tuple(_node(each) for each in nodes))


def judge_management(management: Management, version: tuple[int, int] | None) -> list[Finding]:
    """An old broker has no deprecated features, so it is not missed that it tells of none."""
    check = "deprecated features"
    tells = version is None or version >= TELLS_SINCE
    if management.error and not tells:
        return []
    if management.error:
        said = f"the management API does not answer at {management.url} ({shown(management.error)})"
        return [
            unseen(check, said, "enable it (`rabbitmq-plugins enable rabbitmq_management`), or say --management-url")
        ]
    nodes = [finding for node in management.nodes for finding in _judge_node(node)]
    if management.deprecated is None:
        return [*([unseen(check, "this broker does not tell: RabbitMQ does since 3.13")] if tells else []), *nodes]
    if management.deprecated:
        names = ", ".join(management.deprecated)
        remedy = "Stagecast needs none of them: find what else uses this broker before it is upgraded"
        return [wrong(check, f"in use: {shown(names)}", remedy), *nodes]
    return [good(check, "none is in use"), *nodes]


def _judge_node(node: Node) -> list[Finding]:
    alarms = [
        wrong("broker alarms", f"{node.name}: the {alarm} alarm is on", f"free {alarm} on that machine")
        for alarm in node.alarms
    ]
    return [*alarms, judge_broker_files(node.name, node.files, node.files_used)]


def _node(told: dict[str, Any]) -> Node:
    alarms = (("disk", told.get("disk_free_alarm")), ("memory", told.get("mem_alarm")))
    return Node(
        str(told.get("name")), told.get("fd_total"), told.get("fd_used"), tuple(name for name, is_on in alarms if is_on)
    )


async def _get(http: httpx.AsyncClient, url: str, broker: AmqpUrl) -> Any:
    answer = await http.get(url, auth=(broker.user, broker.password))
    return answer.json() if answer.is_success else None
