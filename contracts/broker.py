"""One connection to the broker, made again whenever it is lost.

Plain connections and our own loop: aio-pika's robust ones consume again under the old queue names and at
the old offsets, wait a fixed time, and can loop on RESOURCE_LOCKED until the broker notices a dead peer.
"""

import asyncio
import math
import random
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import TypeVar

import aio_pika
import structlog
from aio_pika.abc import AbstractConnection
from aio_pika.exceptions import AMQPError, ChannelInvalidStateError
from pydantic import SecretStr

from contracts.errors import words_of
from contracts.link import UNWATCHED, Link

HEARTBEAT = timedelta(seconds=10)
CONNECT_TIMEOUT = timedelta(seconds=5)
SHORTEST_PAUSE = 0.2
LONGEST_PAUSE = 5.0
STEADY_SECONDS = LONGEST_PAUSE  # a connection that held so long was a good one
RARELY = 64

# What a lost, refused, blocked or protesting broker raises through aio-pika. Who calls a channel in the moment in which
# it is lost gets `ChannelInvalidStateError`, which is no `AMQPError`.
BROKER_ERRORS = (AMQPError, ChannelInvalidStateError, OSError, TimeoutError, asyncio.InvalidStateError)

T = TypeVar("T")
Use = Callable[[AbstractConnection], Awaitable[None]]
Session = Callable[[Callable[[], None]], Awaitable[None]]

log: structlog.stdlib.BoundLogger = structlog.get_logger()


async def keep_connected(url: SecretStr, use: Use, *, name: str, link: Link = UNWATCHED) -> None:
    """Run `use` with a connection, and again with a new one whenever that is lost; never returns.

    `use` is cancelled when its connection closes.
    """

    async def session(connected: Callable[[], None]) -> None:
        async with await connect(url, name=name) as connection:
            connected()
            await _use_while_open(connection, use)

    await keep_trying(session, name=name, link=link)


async def keep_trying(session: Session, *, name: str, link: Link = UNWATCHED) -> None:
    """Run `session` again and again; never returns. It calls what it is given once it is connected.

    Waits between tries rise to 5 s, with jitter, and fall back when one has been connected for as long.
    """
    failures, connected_at = 0, math.inf

    def connected() -> None:
        nonlocal connected_at
        connected_at = time.monotonic()
        link.is_up(name)
        log.info("broker.connected", connection=name)

    while True:
        try:
            await session(connected)
        except (*BROKER_ERRORS, BaseExceptionGroup) as error:
            # Not `except*`: before Python 3.11.4 it wraps what is raised in it into a group again.
            cause, held = _only_of_the_broker(error), time.monotonic() - connected_at
            failures = 1 if held >= STEADY_SECONDS else failures + 1
            if connected_at < math.inf or is_told(failures):
                log.warning("broker.lost", connection=name, failures=failures, reason=describe(cause))
            connected_at = math.inf
        link.is_down(name)
        await asyncio.sleep(pause_after(failures))


async def connect(url: SecretStr, *, name: str) -> AbstractConnection:
    """Connect once: to the broker, or to one of a cluster's nodes, tried in any order, each for 5 s.

    Raises:
        OSError, TimeoutError, aio_pika.exceptions.AMQPError: the broker, or the node tried last, is away or refuses us.
    """

    async def connect_to(node: str) -> AbstractConnection:
        return await aio_pika.connect(
            node,
            timeout=CONNECT_TIMEOUT.total_seconds(),
            heartbeat=int(HEARTBEAT.total_seconds()),
            client_properties={"connection_name": f"stagecast {name}"},
        )

    return await on_any_node(url, connect_to, name=name)


async def on_any_node(url: SecretStr, connect_to: Callable[[str], Awaitable[T]], *, name: str) -> T:
    """Connect to the first node that takes us, in an order of our own, so that connections spread over them.

    Raises:
        OSError, TimeoutError, aio_pika.exceptions.AMQPError: what the node tried last said.
    """
    nodes = url.get_secret_value().split(",")
    *others, last = random.sample(nodes, len(nodes))
    reasons: list[str] = []
    for node in others:
        try:
            connected = await connect_to(node)
            break
        except BROKER_ERRORS as error:
            reasons.append(describe(error))
    else:
        connected = await connect_to(last)
    for reason in reasons:
        log.info("broker.node_passed_over", connection=name, reason=reason)
    return connected


@contextmanager
def broker_calls() -> Iterator[None]:
    """Around calls whose connection may be lost meanwhile: what aio-pika raises for that is one of `BROKER_ERRORS`.

    aiormq refuses a channel over a lost connection with a plain `RuntimeError`; and it ends calls that wait with what
    ended its reader, which is a `CancelledError` when the broker fell silent, though nobody cancelled the caller.
    """
    try:
        yield
    except RuntimeError as error:
        raise ConnectionError(describe(error)) from error
    except asyncio.CancelledError as error:
        task = asyncio.current_task()
        if task is None or task.cancelling():
            raise
        raise ConnectionError("the connection was lost") from error


async def _use_while_open(connection: AbstractConnection, use: Use) -> None:
    """Ends when the connection closes, with the error that closed it, or when `use` fails: in a group."""
    closed: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def settle(_: object, error: BaseException | None = None) -> None:
        if not closed.done():
            closed.set_exception(error if isinstance(error, BROKER_ERRORS) else ConnectionError("connection closed"))

    connection.close_callbacks.add(settle)
    try:
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(_await(closed))
            tasks.create_task(_forever(use, connection))
    finally:
        connection.close_callbacks.discard(settle)


async def _await(future: asyncio.Future[None]) -> None:
    await future


async def _forever(use: Use, connection: AbstractConnection) -> None:
    await use(connection)
    await asyncio.Event().wait()  # the connection outlives a `use` that only sets things up


def _only_of_the_broker(error: BaseException) -> BaseException:
    """What ended a session; a group in which there is anything else is raised."""
    if isinstance(error, BaseExceptionGroup) and error.split(BROKER_ERRORS)[1] is not None:
        raise error
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return error


def pause_after(failures: int) -> float:
    """Seconds to wait before the next try: doubling from 0.2 to 5, with full jitter above the first half."""
    ceiling = min(LONGEST_PAUSE, SHORTEST_PAUSE * 2.0 ** min(failures, 10))
    return ceiling * random.uniform(0.5, 1.0)  # noqa: S311 - jitter, no secret


def is_told(failures: int) -> bool:
    """Whether the last of so many failures in a row gets a log line: the 1st, 2nd, 4th, 8th …, later each 64th.

    So what is away for a night fills no disk, and a new reason is told within minutes.
    """
    return failures % RARELY == 0 or (failures < RARELY and failures.bit_count() == 1)


def describe(error: BaseException) -> str:
    """An error in one bounded line, for logs and answers."""
    return f"{type(error).__name__}: {words_of(error)}".strip(": ").replace("\n", " ")[:300]
