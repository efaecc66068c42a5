"""Jobs that exist only in what is told of them: events as a processor would send them, through the real broker."""

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import aio_pika
from aio_pika.abc import AbstractExchange
from uuid_utils import uuid7

from contracts.events import EVENT, Event, encode
from contracts.topology import EVENT_TOPOLOGY, EVENTS, declare, event_key

SOURCE = "/processors/told"


class Teller:
    """Publishes events from a thread of its own: the browser's driver has an event loop in the test's."""

    def __init__(self, loop: asyncio.AbstractEventLoop, exchange: AbstractExchange) -> None:
        self._loop = loop
        self._exchange = exchange

    def tell(self, *events: Event) -> None:
        """Until the broker has them."""
        asyncio.run_coroutine_threadsafe(self._publish(events), self._loop).result(30)

    async def _publish(self, events: tuple[Event, ...]) -> None:
        messages = ((aio_pika.Message(encode(event)), event_key(event)) for event in events)
        await asyncio.gather(*(self._exchange.publish(message, key, mandatory=False) for message, key in messages))


class ToldJob:
    """One job; each of its events is newer than the one before."""

    def __init__(self, teller: Teller, name: str, **about: Any) -> None:
        self.id = str(uuid7())
        self.name = name
        self._teller = teller
        self._about = {"id": self.id, "name": name, "size": 1_000, "pipeline": "told", **about}
        self._sequence = -1

    def event(self, type: str, **data: Any) -> Event:
        """The next one, not yet told."""
        self._sequence += 1
        fact = {"job": self._about, "attempt": 1, "sequence": self._sequence, **data}
        told: Event = EVENT.validate_python({"source": SOURCE, "subject": self.id, "type": type, "data": fact})
        return told

    def tell(self, type: str, **data: Any) -> None:
        self._teller.tell(self.event(type, **data))

    def start(self, *stages: str) -> None:
        """It is taken up, and its first stage begins."""
        self._teller.tell(
            self.event("job.queued"),
            self.event("job.started", stages=stages),
            self.event("stage.started", stage=self.stage(stages, 0), overall=0),
        )

    def complete(self, stages: tuple[str, ...], seconds: float, **made: Any) -> None:
        """All stages and the job end, each stage after so many seconds."""
        ends = [
            self.event("stage.completed", stage=self.stage(stages, at), overall=(at + 1) / len(stages), seconds=seconds)
            for at in range(len(stages))
        ]
        self._teller.tell(*ends, self.event("job.completed", seconds=seconds * len(stages), **made))

    @staticmethod
    def stage(stages: tuple[str, ...], index: int) -> dict[str, Any]:
        return {"name": stages[index], "index": index, "count": len(stages)}


@contextmanager
def teller(broker_url: str) -> Iterator[Teller]:
    """Somebody who tells events."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()

    def run(work: Any) -> Any:
        return asyncio.run_coroutine_threadsafe(work, loop).result(30)

    async def connect() -> tuple[Any, AbstractExchange]:
        connection = await aio_pika.connect(broker_url)
        channel = await connection.channel()
        await declare(channel, *EVENT_TOPOLOGY)
        return connection, await channel.get_exchange(EVENTS.name)

    connection, exchange = run(connect())
    try:
        yield Teller(loop, exchange)
    finally:
        run(connection.close())
        loop.call_soon_threadsafe(loop.stop)
        thread.join(10)
        loop.close()
