"""A 1 GB multipart upload: ours beside FastAPI's `UploadFile` copied to a file, in turn."""

import asyncio
import os
import shutil
import socket
import statistics
import tempfile
import time
from pathlib import Path

import aio_pika

from bench.processes import free_port, peak_megabytes, running, running_broker
from contracts.topology import JOBS, declare, job_queue

GIGABYTE = 1_000_000_000
ROUNDS = 5
CHUNK = bytes(range(256)) * 4096  # 1 MiB
BOUNDARY = b"------------------------d74496d66958873e"  # as long as curl's; a short one is slower to search for
HEAD = b"--" + BOUNDARY + b'\r\nContent-Disposition: form-data; name="file"; filename="bench.bin"\r\n\r\n'
TAIL = b"\r\n--" + BOUNDARY + b"--\r\n"


def upload(port: int) -> float:
    """Send the file over a plain socket; seconds from the first byte to the answer."""
    began = time.perf_counter()
    with socket.create_connection(("127.0.0.1", port)) as connection:
        length = len(HEAD) + GIGABYTE + len(TAIL)
        connection.sendall(
            b"POST /upload HTTP/1.1\r\nHost: localhost\r\nContent-Type: multipart/form-data; boundary=%s\r\n"
            b"Content-Length: %d\r\n\r\n" % (BOUNDARY, length) + HEAD
        )
        left = GIGABYTE
        while left:
            piece = CHUNK if left >= len(CHUNK) else CHUNK[:left]
            connection.sendall(piece)
            left -= len(piece)
        connection.sendall(TAIL)
        status = connection.recv(65536).split(b" ", 2)[1]
    assert status in {b"200", b"202"}, status
    return time.perf_counter() - began


async def offer_inspect(amqp_url: str) -> None:
    """As if a processor were there, and busy: the upload is measured, not the work."""
    async with await aio_pika.connect(amqp_url) as connection, connection.channel() as channel:
        await declare(channel, JOBS, job_queue("inspect"))


def measure(folder: Path, amqp_url: str) -> None:
    ours, theirs = free_port(), free_port()
    settings = {
        "STAGECAST_AMQP_URL": amqp_url,
        "STAGECAST_STORE_URL": (folder / "blobs").as_uri(),
        "STAGECAST_GATEWAY_PORT": str(ours),
    }
    asyncio.run(offer_inspect(amqp_url))
    peer_command = ("-m", "bench.peer_upload", str(theirs), str(folder))
    with (
        running("-m", "gateway", ready_url=f"http://127.0.0.1:{ours}/readyz", settings=settings) as gateway,
        running(*peer_command, ready_url=f"http://127.0.0.1:{theirs}/readyz") as peer,
    ):
        times: dict[int, list[float]] = {ours: [], theirs: []}
        for _ in range(ROUNDS):
            for port, found in times.items():
                os.sync()  # neither waits for what the other left to be written to the disk
                found.append(upload(port))
                shutil.rmtree(folder / "blobs" / "jobs", ignore_errors=True)
                (folder / "copy").unlink(missing_ok=True)
        _report(times[ours], times[theirs], peak_megabytes(gateway), peak_megabytes(peer))


def _report(ours: list[float], theirs: list[float], our_peak: float, their_peak: float) -> None:
    ratio = statistics.median(b / a for a, b in zip(ours, theirs, strict=True))
    print(f"Upload of 1 GB, multipart, {ROUNDS} rounds in turn (median)")
    print(f"  stagecast gateway                {statistics.median(ours):6.2f} s   peak memory {our_peak:5.0f} MB")
    print(f"  FastAPI UploadFile + copyfileobj {statistics.median(theirs):6.2f} s   peak memory {their_peak:5.0f} MB")
    print(f"  ratio                            {ratio:6.1f} x  (wanted: 3 x; gateway's peak under 150 MB)")


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="stagecast-bench-") as name:
        folder = Path(name)
        with running_broker(folder / "broker") as amqp_url:
            measure(folder, amqp_url)


if __name__ == "__main__":
    main()
