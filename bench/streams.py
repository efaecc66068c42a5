"""Open streams: how late an event arrives with 100 clients and little traffic, and what a client costs in memory."""

import asyncio
import re
import statistics
import tempfile
import time
import urllib.request
from pathlib import Path
from typing import cast

import uvloop

from bench.pipelines import TICKS
from bench.processes import free_port, resident_bytes, running, running_broker

CLIENTS = 100
WARM_UP = 50
CROWD = 1_000
REQUEST = b"GET /events HTTP/1.1\r\nHost: localhost\r\n\r\n"
MESSAGE = re.compile(rb'"message":"(\d+)"')


class Client(asyncio.Protocol):
    """A raw reader of one stream that costs the machine as little as it can: it notes when bytes came."""

    def __init__(self) -> None:
        self.greeted = asyncio.get_running_loop().create_future()
        self.finished = asyncio.get_running_loop().create_future()
        self.received: list[tuple[int, bytes]] = []  # nanoseconds, bytes

    @classmethod
    async def connect(cls, port: int) -> "Client":
        """Returns when the stream's first bytes are here: from then on it misses nothing."""
        loop = asyncio.get_running_loop()
        _, client = await loop.create_connection(cls, "127.0.0.1", port)
        await client.greeted
        return client

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.Transport", transport)  # uvloop's are no subclass
        self.transport.write(REQUEST)

    def data_received(self, data: bytes) -> None:
        self.received.append((time.monotonic_ns(), data))
        if b"retry: " in data and not self.greeted.done():
            self.greeted.set_result(None)
        if b"job.completed" in data and not self.finished.done():
            self.finished.set_result(None)

    def delays(self) -> list[float]:
        """Milliseconds from each tick's emit to its arrival."""
        return [(arrived - int(emitted)) / 1e6 for arrived, data in self.received for emitted in MESSAGE.findall(data)]


async def connect_many(port: int, count: int) -> list[Client]:
    clients = []
    for _ in range(0, count, 50):
        clients += await asyncio.gather(*(Client.connect(port) for _ in range(50)))
    return clients


def close_all(clients: list[Client]) -> None:
    for client in clients:
        client.transport.close()


async def measure_delay(gateway: int, notifier: int) -> list[float]:
    """The whole path: stage, pipe, processor, broker, one queue a client, notifier, socket."""
    clients = await connect_many(notifier, CLIENTS)
    request = urllib.request.Request(f"http://127.0.0.1:{gateway}/upload/tick?pipeline=clock", b"x", method="PUT")
    await asyncio.to_thread(lambda: urllib.request.urlopen(request).close())
    await asyncio.gather(*(client.finished for client in clients))
    close_all(clients)
    return [delay for client in clients for delay in client.delays()]


async def measure_memory(pid: int, notifier: int) -> float:
    """Bytes of the notifier's memory that each further client costs."""
    warm = await connect_many(notifier, WARM_UP)
    before = resident_bytes(pid)
    crowd = await connect_many(notifier, CROWD)
    cost = (resident_bytes(pid) - before) / CROWD
    close_all(warm + crowd)
    return cost


def report(delays: list[float], memory: float) -> None:
    centiles = statistics.quantiles(delays, n=100)
    print(f"Emit to receipt, {CLIENTS} clients, {TICKS} events at 7 a second, {len(delays)} receipts")
    print(f"  median {statistics.median(delays):5.1f} ms   p99 {centiles[98]:5.1f} ms   (wanted: median under 10 ms)")
    print(f"Memory of the notifier for each of {CROWD} connected clients, each with its own queue")
    print(f"  {memory / 1000:5.1f} KB   (wanted: under 25 KB)")


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="stagecast-bench-") as name, running_broker(Path(name) / "broker") as url:
        gateway, notifier, processor = free_port(), free_port(), free_port()
        settings = {
            "STAGECAST_AMQP_URL": url,
            "STAGECAST_STORE_URL": (Path(name) / "blobs").as_uri(),
            "STAGECAST_GATEWAY_PORT": str(gateway),
            "STAGECAST_NOTIFIER_PORT": str(notifier),
            "STAGECAST_NOTIFIER_MAX_STREAMS_PER_CLIENT": str(WARM_UP + CROWD),  # all from one address
            "STAGECAST_PROCESSOR_PORT": str(processor),
            "STAGECAST_PROCESSOR_PIPELINES": "bench.pipelines:clock",
        }

        def ready(port: int) -> str:
            return f"http://127.0.0.1:{port}/readyz"

        with (
            running("-m", "processor", ready_url=ready(processor), settings=settings),
            running("-m", "gateway", ready_url=ready(gateway), settings=settings),
            running("-m", "notifier", ready_url=ready(notifier), settings=settings) as pid,
        ):
            delays = uvloop.run(measure_delay(gateway, notifier))
            memory = uvloop.run(measure_memory(pid, notifier))
        report(delays, memory)


if __name__ == "__main__":
    main()
