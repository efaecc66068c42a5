"""Those who are measured: each started with what it needs, and stopped."""

import contextlib
from collections.abc import Callable, Iterator
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Literal

import aio_pika
import uvloop

from bench.crowd import Address
from bench.nchan import running_nchan
from bench.processes import free_port, running
from bench.publishers import Publish, by_post, through_broker
from contracts.topology import EVENT_LOG


@dataclass(frozen=True)
class Contender:
    """A process that fans events out."""

    name: str
    pid: int
    address: Address
    publisher: Callable[[], AbstractAsyncContextManager[Publish]]


@dataclass(frozen=True)
class Ground:
    """Where they run."""

    folder: Path
    amqp_url: str
    open_files: int

    @contextlib.contextmanager
    def notifier(self, fanout: Literal["shared", "client-queues"]) -> Iterator[Contender]:
        """Ours, with an empty history."""
        uvloop.run(self._forget_events())
        port = free_port()
        settings = {
            "STAGECAST_AMQP_URL": self.amqp_url,
            "STAGECAST_STORE_URL": (self.folder / "blobs").as_uri(),
            "STAGECAST_NOTIFIER_PORT": str(port),
            "STAGECAST_NOTIFIER_FANOUT": fanout,
            "STAGECAST_NOTIFIER_MAX_STREAMS": str(self.open_files),
            "STAGECAST_NOTIFIER_MAX_STREAMS_PER_CLIENT": str(self.open_files),
        }
        with running("-m", "notifier", ready_url=f"http://127.0.0.1:{port}/readyz", settings=settings) as pid:
            address = Address(port, "/events", greeting=b"event: snapshot")
            yield Contender(f"notifier, {fanout}", pid, address, partial(through_broker, self.amqp_url))

    @contextlib.contextmanager
    def nchan(self) -> Iterator[Contender]:
        with running_nchan(self.folder / "nchan", open_files=self.open_files) as (port, pid):
            address = Address(port, "/events", greeting=b": hi\n")
            yield Contender("nginx + nchan", pid, address, partial(by_post, port, "/publish"))

    @contextlib.contextmanager
    def peer_stream(self) -> Iterator[Contender]:
        port = free_port()
        command = ("-m", "bench.peer_stream", str(port), self.amqp_url)
        with running(*command, ready_url=f"http://127.0.0.1:{port}/readyz") as pid:
            address = Address(port, "/events", greeting=b": ready")
            yield Contender("sse-starlette + aio-pika", pid, address, partial(through_broker, self.amqp_url))

    async def _forget_events(self) -> None:
        async with await aio_pika.connect(self.amqp_url) as connection, connection.channel() as channel:
            await channel.queue_delete(EVENT_LOG.name)
