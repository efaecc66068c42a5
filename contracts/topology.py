"""Every exchange and queue that the services share, as data, and the one function that declares them.

Works on RabbitMQ 3.10 and 4.x: no transient shared queues, no global prefetch, no mirroring.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from aio_pika.abc import AbstractChannel, AbstractQueue

    from contracts.events import Event

QUORUM: Mapping[str, str | int] = {"x-queue-type": "quorum"}
# A quorum queue that dead-letters at least once keeps the message until its new queue has confirmed it
# (https://www.rabbitmq.com/docs/quorum-queues, since 3.10); it asks for `reject-publish`.
SAFE_DEAD_LETTERING: Mapping[str, str | int] = {
    "x-dead-letter-strategy": "at-least-once",
    "x-overflow": "reject-publish",
}
DELIVERY_LIMIT = 20
LONGEST_STAGE = timedelta(days=7)
# A node older than 3.12 may announce its `consumer_timeout`, in milliseconds, under this name among its server
# properties: AMQP has no other way to ask for it.
ANNOUNCED_TIMEOUT = "consumer_timeout"
CLIENT_QUEUE_LENGTH = 1_000


@dataclass(frozen=True)
class Exchange:
    """A durable exchange, and the one that it gets everything from, if there is one."""

    name: str
    kind: str
    bound_to: "Exchange | None" = None


@dataclass(frozen=True)
class Queue:
    """A durable queue, and where it is bound."""

    name: str
    arguments: Mapping[str, str | int] = field(default_factory=dict)
    bound_to: Exchange | None = None
    routing_key: str = ""


# Only processors declare it, so a missing `jobs` exchange says that none has ever been here.
JOBS = Exchange("jobs", "direct")
EVENTS = Exchange("events", "fanout")
# The broker filters here for clients that watch one job or one owner; see `event_key`.
EVENTS_BY_JOB = Exchange("events.by-job", "topic", bound_to=EVENTS)
# The recent history, in the order that all readers agree on (https://www.rabbitmq.com/docs/streams). Past either
# bound the broker drops whole segments, the oldest first.
EVENT_LOG = Queue(
    "events.log",
    {
        "x-queue-type": "stream",
        "x-max-age": "7D",
        "x-max-length-bytes": 2 * 1024**3,
        "x-stream-max-segment-size-bytes": 64 * 1024**2,
    },
    bound_to=EVENTS,
)
# Whoever publishes events or reads them declares all three, so that none is published past the history.
EVENT_TOPOLOGY = (EVENTS, EVENTS_BY_JOB, EVENT_LOG)
# Commands to all processors at once, such as to end a job; what they mean stands in the blob store too.
CONTROL = Exchange("control", "fanout")
NOBODY = "-"  # the owner's place in a routing key when there is none
# Past its bound the oldest leave: each was logged, and announced as `job.failed` where it was a job (a processor
# gives a job up before the queue's own delivery limit does).
DEAD_JOBS = Queue("jobs.dead", {**QUORUM, "x-max-length": 10_000, "x-overflow": "drop-head"})


def event_key(event: "Event") -> str:
    """The routing key of an event, `<owner>.<job>`: topic bindings pick owners and jobs out of the fanout."""
    return f"{event.data.job.owner or NOBODY}.{event.subject}"


def job_queue(pipeline: str) -> Queue:
    """The work of one pipeline. What it gives up on goes to `jobs.dead`.

    `x-delivery-limit=N` allows N+1 deliveries. `x-consumer-timeout` is known from RabbitMQ 3.12 on;
    before that the node's own `consumer_timeout` rules (https://www.rabbitmq.com/docs/consumers).
    """
    return Queue(
        f"jobs.{pipeline}",
        {
            **QUORUM,
            **SAFE_DEAD_LETTERING,
            "x-delivery-limit": DELIVERY_LIMIT,
            "x-dead-letter-exchange": "",
            "x-dead-letter-routing-key": DEAD_JOBS.name,
            "x-consumer-timeout": int(LONGEST_STAGE.total_seconds() * 1000),
        },
        bound_to=JOBS,
        routing_key=pipeline,
    )


def retry_queue(pipeline: str, delay: timedelta) -> Queue:
    """Where a job waits for its next attempt without holding a worker: its messages expire back to `jobs`."""
    milliseconds = int(delay.total_seconds() * 1000)
    return Queue(
        f"jobs.retry.{pipeline}.{milliseconds}",
        {
            **QUORUM,
            **SAFE_DEAD_LETTERING,
            "x-message-ttl": milliseconds,
            "x-dead-letter-exchange": JOBS.name,
            "x-dead-letter-routing-key": pipeline,
        },
    )


# One queue a client, named by the notifier: exclusive, gone with the client or its connection. When a
# client falls this far behind, the oldest go first; refusing instead would refuse the publisher.
CLIENT_QUEUE_ARGUMENTS: Mapping[str, str | int] = {
    "x-max-length": CLIENT_QUEUE_LENGTH,
    "x-overflow": "drop-head",
}

# A processor's own queue on `control`: exclusive, gone with its connection. Past its bound the oldest commands go;
# each also stands in the store, where an attempt looks when it begins.
CONTROL_QUEUE_ARGUMENTS: Mapping[str, str | int] = {"x-max-length": 1_000, "x-overflow": "drop-head"}


async def declare(channel: "AbstractChannel", *parts: Exchange | Queue) -> None:
    """Declare parts in the order given; declaring what is there already changes nothing."""
    for part in parts:
        match part:
            case Exchange():
                exchange = await channel.declare_exchange(part.name, part.kind, durable=True)
                if part.bound_to is not None:
                    await exchange.bind(part.bound_to.name)
            case Queue():
                queue = await declare_queue(channel, part)
                if part.bound_to is not None:
                    await queue.bind(part.bound_to.name, part.routing_key)


async def declare_queue(channel: "AbstractChannel", queue: Queue) -> "AbstractQueue":
    """Declare one and bind it to nothing; what is given back knows how many messages wait in it."""
    return await channel.declare_queue(queue.name, durable=True, arguments=dict(queue.arguments))
