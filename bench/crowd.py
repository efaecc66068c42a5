"""A crowd of raw SSE clients, in a process of its own.

Plain sockets and epoll: two cores are shared by all, and what the readers take nobody else has.
"""

import contextlib
import multiprocessing
import select
import socket
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from multiprocessing.connection import Connection

from bench.progress import EMITTED, MARK

WINDOW = 100  # clients that connect at a time
CONNECT_SECONDS = 30.0
SAMPLES = 100  # clients whose delays are noted
BUFFER_BYTES = 1024 * 1024
SPAWN = multiprocessing.get_context("spawn")


@dataclass(frozen=True)
class Address:
    """Where a stream is, and what stands at its beginning: a client that has got this misses nothing from then on."""

    port: int
    path: str
    greeting: bytes


@dataclass(frozen=True)
class Reading:
    """What the crowd got."""

    deliveries: int
    is_whole: bool  # each client got each event, once
    ended_ns: int
    delays: list[float]  # milliseconds from emit to receipt


class Crowd:
    """The clients, seen from the process that publishes."""

    def __init__(self, pipe: Connection, size: int, clients_per_second: float) -> None:
        self._pipe = pipe
        self.size = size
        self.clients_per_second = clients_per_second

    def expect(self, events: int, *, seconds: float) -> None:
        """Begin to read, until each client has so many more events or the time is over."""
        self._pipe.send((events, seconds))

    def reading(self) -> Reading:
        """What was got, once that is over."""
        reading: Reading = self._pipe.recv()
        return reading


@contextlib.contextmanager
def connected(address: Address, clients: int) -> Iterator[Crowd]:
    """A crowd whose clients all have been greeted.

    Raises:
        EOFError: one was refused or got no greeting; the crowd's process has said which.
    """
    ours, theirs = SPAWN.Pipe()
    process = SPAWN.Process(target=_run, args=(theirs, address, clients), daemon=True)
    process.start()
    theirs.close()
    try:
        yield Crowd(ours, clients, clients_per_second=clients / ours.recv())
    finally:
        ours.close()
        process.join(CONNECT_SECONDS)
        process.kill()


def _run(pipe: Connection, address: Address, clients: int) -> None:
    readers = _Readers(address)
    pipe.send(readers.connect(clients))
    with contextlib.suppress(EOFError):
        while True:
            events, seconds = pipe.recv()
            pipe.send(readers.read(events, seconds))


@dataclass(slots=True, eq=False)
class _Client:
    socket: socket.socket
    events: int = 0
    rest: bytes = b""  # of the greeting or, in a sample, of an event: less than one line
    is_sample: bool = False


@dataclass
class _Readers:
    address: Address
    clients: dict[int, _Client] = field(default_factory=dict)
    expected: int = 0

    def __post_init__(self) -> None:
        self._epoll = select.epoll()
        self._buffer = bytearray(BUFFER_BYTES)
        self._delays: list[float] = []

    def connect(self, count: int) -> float:
        """Seconds until all are greeted."""
        began = time.monotonic()
        waiting: set[int] = set()
        while waiting or len(self.clients) < count:
            if len(waiting) < WINDOW and len(self.clients) < count:
                waiting.add(self._connect_one())
            else:
                waiting -= self._greeted(waiting)
                if time.monotonic() > began + CONNECT_SECONDS:
                    raise TimeoutError(f"{len(self.clients) - len(waiting)} of {count} clients in {CONNECT_SECONDS} s")
        for client in list(self.clients.values())[:: max(1, count // SAMPLES)]:
            client.is_sample = True
        return time.monotonic() - began

    def _connect_one(self) -> int:
        connection = socket.create_connection(("127.0.0.1", self.address.port), timeout=CONNECT_SECONDS)
        connection.sendall(
            f"GET {self.address.path} HTTP/1.1\r\nHost: localhost\r\nAccept: text/event-stream\r\n\r\n".encode()
        )
        connection.setblocking(False)
        self.clients[connection.fileno()] = _Client(connection)
        self._epoll.register(connection, select.EPOLLIN)
        return connection.fileno()

    def _greeted(self, waiting: set[int]) -> set[int]:
        """Those of them who are now; what the others are told meanwhile is no event."""
        greeted = set()
        for number, _ in self._epoll.poll(1):
            client = self.clients[number]
            data = client.socket.recv(65536)
            if data and number not in waiting:
                continue
            client.rest += data
            if not data or not client.rest.startswith(b"HTTP/1.1 200 "):
                raise ConnectionError(f"a client got {client.rest[:500]!r}")
            if self.address.greeting in client.rest:
                greeted.add(number)
                client.rest = b""
        return greeted

    def read(self, events: int, seconds: float) -> Reading:
        """Until each client has so many more events."""
        before = sum(client.events for client in self.clients.values())
        self._delays = []
        self.expected += events
        ended_ns = self._read_until_whole(time.monotonic() + seconds)
        counts = [client.events for client in self.clients.values()]
        is_whole = all(count == self.expected for count in counts)
        return Reading(sum(counts) - before, is_whole, ended_ns, self._delays)

    def _read_until_whole(self, deadline: float) -> int:
        """When the last event came."""
        came, missing = 0, sum(client.events < self.expected for client in self.clients.values())
        while missing and (left := deadline - time.monotonic()) > 0:
            for number, _ in self._epoll.poll(left):
                client = self.clients[number]
                size = self._receive(client)
                if found := self._buffer.count(MARK, 0, size):
                    came = time.monotonic_ns()
                    missing -= client.events < self.expected <= client.events + found
                    client.events += found
                if client.is_sample:
                    self._note_delays(client, size)
        return came

    def _receive(self, client: _Client) -> int:
        """A stream that has ended stays what it is: a client that lacks events."""
        with contextlib.suppress(ConnectionError):
            if size := client.socket.recv_into(self._buffer):
                return size
        self._epoll.unregister(client.socket)
        return 0

    def _note_delays(self, client: _Client, size: int) -> None:
        came = time.monotonic_ns()
        lines, _, rest = (client.rest + self._buffer[:size]).rpartition(b"\n")
        client.rest = bytes(rest)
        self._delays += [(came - int(emitted)) / 1e6 for emitted in EMITTED.findall(lines)]
