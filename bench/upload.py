"""Uploads of 1 GB: a form, a bare body and tus, beside FastAPI's `UploadFile` copied to a file; and many at once.

All are hashed on their way; the peer hashes nothing.
"""

import asyncio
import os
import shutil
import statistics
import tempfile
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import aio_pika

from bench.processes import free_port, peak_megabytes, running, running_broker
from bench.upload_request import FORM, RAW, send, send_by_tus
from contracts.topology import JOBS, declare, job_queue

GIGABYTE = 1_000_000_000
ROUNDS = 5
AT_ONCE, EACH = 50, 20_000_000

Times = dict[str, list[float]]


async def offer_inspect(amqp_url: str) -> None:
    """As if a processor were there, and busy: the upload is measured, not the work."""
    async with await aio_pika.connect(amqp_url) as connection, connection.channel() as channel:
        await declare(channel, JOBS, job_queue("inspect"))


@contextmanager
def running_gateway(folder: Path, amqp_url: str) -> Iterator[tuple[int, int]]:
    """Its port and its process."""
    port = free_port()
    settings = {
        "STAGECAST_AMQP_URL": amqp_url,
        "STAGECAST_STORE_URL": (folder / "blobs").as_uri(),
        "STAGECAST_GATEWAY_PORT": str(port),
    }
    with running("-m", "gateway", ready_url=f"http://127.0.0.1:{port}/readyz", settings=settings) as pid:
        yield port, pid


def measure(folder: Path, amqp_url: str) -> None:
    theirs = free_port()
    peer_command = ("-m", "bench.peer_upload", str(theirs), str(folder))
    with (
        running_gateway(folder, amqp_url) as (ours, gateway),
        running(*peer_command, ready_url=f"http://127.0.0.1:{theirs}/readyz") as peer,
    ):
        ways: dict[str, Callable[[], float]] = {
            "form": partial(send, ours, FORM, GIGABYTE),
            "raw": partial(send, ours, RAW, GIGABYTE),
            "tus": partial(send_by_tus, ours, GIGABYTE),
            "peer": partial(send, theirs, FORM, GIGABYTE),
        }
        times: Times = {name: [] for name in ways}
        for _ in range(ROUNDS):
            for name, upload in ways.items():
                os.sync()  # none waits for what another left to be written to the disk
                times[name].append(upload())
                _clear(folder)
        _report(times, peak_megabytes(gateway), peak_megabytes(peer))


def measure_many(folder: Path, amqp_url: str) -> None:
    with running_gateway(folder, amqp_url) as (port, gateway), ThreadPoolExecutor(AT_ONCE) as senders:
        os.sync()
        times = list(senders.map(lambda _: send(port, FORM, EACH), range(AT_ONCE)))
        peak = peak_megabytes(gateway)
    _clear(folder)
    median, slowest = statistics.median(times), max(times)
    print(f"\n{AT_ONCE} uploads of {EACH // 1_000_000} MB at once, multipart")
    print(f"  median {median:.2f} s, slowest {slowest:.2f} s: {slowest / median:.1f} x  (wanted: under 3 x)")
    print(f"  gateway's peak memory {peak:.0f} MB  (wanted: under 300 MB)")


def _clear(folder: Path) -> None:
    for name in ("jobs", "uploads"):
        shutil.rmtree(folder / "blobs" / name, ignore_errors=True)
    (folder / "copy").unlink(missing_ok=True)


def _report(times: Times, our_peak: float, their_peak: float) -> None:
    median = {name: statistics.median(found) for name, found in times.items()}
    print(f"Upload of 1 GB, {ROUNDS} rounds in turn (median); ours is hashed on its way")
    print(f"  stagecast gateway, multipart     {median['form']:6.2f} s   peak memory {our_peak:5.0f} MB")
    print(f"  stagecast gateway, bare body     {median['raw']:6.2f} s")
    print(f"  stagecast gateway, tus           {median['tus']:6.2f} s")
    print(f"  FastAPI UploadFile + copyfileobj {median['peer']:6.2f} s   peak memory {their_peak:5.0f} MB")
    print(f"  multipart beside the peer        {_ratio(times['peer'], times['form']):6.1f} x  (wanted: 3 x)")
    print(f"  multipart beside the bare body   {_ratio(times['raw'], times['form']):6.0%}    (wanted: 60 %)")
    print(f"  tus beside multipart             {_ratio(times['form'], times['tus']):6.1f} x  (wanted: 1 x)")


def _ratio(slow: list[float], fast: list[float]) -> float:
    """How many times as fast, round by round."""
    return statistics.median(a / b for a, b in zip(slow, fast, strict=True))


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="stagecast-bench-") as name:
        folder = Path(name)
        with running_broker(folder / "broker") as amqp_url:
            asyncio.run(offer_inspect(amqp_url))
            measure(folder, amqp_url)
            measure_many(folder, amqp_url)


if __name__ == "__main__":
    main()
