"""What the broker says of itself, whether it takes messages, and who serves which pipeline."""

import asyncio
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta

import aio_pika
from aio_pika.abc import AbstractConnection
from aio_pika.exceptions import ChannelNotFoundEntity
from pydantic import SecretStr

from cli.amqp_url import AmqpUrl
from cli.doctor.finding import Finding, good, note, unseen, wrong
from cli.output import shown
from contracts.acknowledgement import USUAL_TIMEOUT, announced_limit, broker_version
from contracts.broker import BROKER_ERRORS, connect, describe
from contracts.topology import LONGEST_STAGE, job_queue

ANSWER_SECONDS = 5.0  # under an alarm a publish is never confirmed
OLDEST = (3, 10)
MAINTAINED = (4, 0)
A_WEEK = "consumer_timeout = 604800000"


@dataclass(frozen=True)
class Broker:
    """A reading. `served` is how many processors take jobs of a pipeline; None: nobody ever offered it."""

    place: str
    error: str = ""
    version: tuple[int, int] | None = None
    acknowledged_within: timedelta | None = None
    takes_messages: bool = True
    served: dict[str, int | None] = field(default_factory=dict)


async def read_broker(url: AmqpUrl, pipelines: Iterable[str]) -> Broker:
    """Ask it as a service would."""
    try:
        connection = await connect(SecretStr(str(url)), name="doctor")
    except BROKER_ERRORS as error:
        return Broker(url.place, describe(error))
    try:
        properties = connection.transport.connection.server_properties if connection.transport else {}
        return Broker(
            url.place,
            version=broker_version(properties),
            acknowledged_within=announced_limit(properties),
            served={name: await _consumers(connection, job_queue(name).name) for name in pipelines},
            takes_messages=await _takes_messages(connection),  # last: a blocked connection answers nothing more
        )
    except BROKER_ERRORS as error:
        return Broker(url.place, describe(error))
    finally:
        with suppress(*BROKER_ERRORS):
            async with asyncio.timeout(ANSWER_SECONDS):
                await connection.close()


def judge_broker(broker: Broker) -> list[Finding]:
    """All that follows from it."""
    if broker.error:
        remedy = "start RabbitMQ, or correct STAGECAST_AMQP_URL"
        return [wrong("broker", f"{broker.place}: {shown(broker.error)}", remedy)]
    pipelines = [judge_pipeline(name, count) for name, count in broker.served.items()]
    acknowledgement = judge_acknowledgement(broker.acknowledged_within)
    return [judge_version(broker.version), acknowledgement, judge_flow(takes=broker.takes_messages), *pipelines]


def judge_version(version: tuple[int, int] | None) -> Finding:
    check = "broker version"
    if version is None:
        return note(check, "what answers tells no version", "Stagecast is tested on RabbitMQ 3.10 and 4")
    said = f"RabbitMQ {version[0]}.{version[1]}"
    if version < OLDEST:
        return wrong(check, f"{said} has no streams as they are needed", "use RabbitMQ 4, or 3.10 at the least")
    if version < MAINTAINED:
        return note(check, f"{said} works, but its makers no longer mend it", "plan for RabbitMQ 4")
    return good(check, said)


def judge_acknowledgement(limit: timedelta | None) -> Finding:
    """Jobs that are not acknowledged in time are taken away, and begun again by another processor, for ever."""
    check = "acknowledgement timeout"
    if limit is None:
        said = f"this broker cannot be asked; usually it takes jobs away after {USUAL_TIMEOUT}"
        return note(check, said, f"set `{A_WEEK}` in its rabbitmq.conf")
    if limit < LONGEST_STAGE:
        return wrong(check, f"jobs that run longer than {limit} are taken away", f"set `{A_WEEK}` in rabbitmq.conf")
    return good(check, f"jobs may run for {limit.days} days")


def judge_flow(*, takes: bool) -> Finding:
    check = "broker alarms"
    if takes:
        return good(check, "it takes messages")
    remedy = (
        "free disk or memory on the broker's machine: `rabbitmqctl status` names the alarm; nothing is lost meanwhile"
    )
    return wrong(check, "it takes no messages: its disk or memory alarm is on", remedy)


def judge_pipeline(name: str, count: int | None) -> Finding:
    check = f"pipeline {name}"
    start = f"start a processor that offers it (STAGECAST_PROCESSOR_PIPELINES={name})"
    if count is None:
        return wrong(check, "no processor has ever offered it", start)
    if count == 0:
        return wrong(check, "nobody serves it: its jobs wait", start)
    return good(check, f"{count} {'processor takes' if count == 1 else 'processors take'} its jobs")


def judge_unseen() -> list[Finding]:
    return [unseen("broker", "not asked: it is not on this machine", "set STAGECAST_AMQP_URL to have it looked at")]


async def _consumers(connection: AbstractConnection, queue: str) -> int | None:
    try:
        async with asyncio.timeout(ANSWER_SECONDS), connection.channel() as channel:
            declared = await channel.declare_queue(queue, passive=True)
            return declared.declaration_result.consumer_count or 0
    except ChannelNotFoundEntity:
        return None


async def _takes_messages(connection: AbstractConnection) -> bool:
    """Publish to a queue of our own, which goes with the connection."""
    try:
        async with asyncio.timeout(ANSWER_SECONDS):
            channel = await connection.channel()
            queue = await channel.declare_queue(exclusive=True, auto_delete=True)
            await channel.default_exchange.publish(aio_pika.Message(b"doctor"), queue.name)
    except TimeoutError:
        return False
    return True
