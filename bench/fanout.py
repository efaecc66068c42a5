"""Fan-out: how many deliveries a second, how late, at what cost a client; both of ours, nchan, and a queue a client.

`python -m bench.fanout` runs this alone. Events go the real way: through the broker, to nchan by HTTP POST.
"""

import math
import resource
import statistics
import tempfile
from contextlib import AbstractContextManager
from pathlib import Path

from bench.contenders import Contender, Ground
from bench.crowd import connected
from bench.processes import machine, resident_bytes, running_broker
from bench.progress import Progress
from bench.trial import Trial, climb, offer
from contracts.events import encode

WARM_UP = 50
ROUNDS = 2
FEW, MANY, CROWD = 100, 1_000, 10_000
BUSY, STEADY, QUIET = 500, 20, 8  # events a second
SECONDS = 10.0
OPEN_FILES = CROWD + 1_000


def measure_many(ground: Ground) -> None:
    with ground.notifier("shared") as ours, connected(ours.address, MANY) as crowd:
        trial = offer(ours, crowd, Progress(), rate=BUSY, seconds=SECONDS)
        best = max(whole(trial), climb(ours, crowd, deliveries=BUSY * MANY * 1.2))
    with ground.nchan() as nchan, connected(nchan.address, MANY) as crowd:
        peers = climb(nchan, crowd, deliveries=BUSY * MANY * 0.2)
    print(f"{MANY:,} clients, {BUSY} events/s offered for {SECONDS:.0f} s")
    print(f"  {ours.name:26} {told(trial)}  (wanted: every event; p99 under 150 ms)")
    print(f"{MANY:,} clients, the most deliveries/s at which every client gets every event")
    print(f"  {ours.name:26} {best:9,.0f} /s")
    print(f"  {nchan.name:26} {peers:9,.0f} /s")
    print(f"  {'ratio':26} {ratio(best, peers):9.1f} x  (wanted: 4 x)")


def measure_crowd(ground: Ground) -> None:
    print(f"{CROWD:,} clients, {STEADY} events/s offered for {SECONDS:.0f} s")
    with ground.notifier("shared") as ours:
        print(f"  {ours.name:26} {cost_and_trial(ours)}  (wanted: 12 KB at most; 2,000/s; every event)")
    with ground.nchan() as nchan:
        print(f"  {nchan.name:26} {cost_and_trial(nchan)}")


def cost_and_trial(contender: Contender) -> str:
    with connected(contender.address, WARM_UP):
        before = resident_bytes(contender.pid)
        with connected(contender.address, CROWD) as crowd:
            kilobytes = (resident_bytes(contender.pid) - before) / CROWD / 1000
            trial = offer(contender, crowd, Progress(), rate=STEADY, seconds=SECONDS)
    return f"{kilobytes:5.1f} KB a client  {crowd.clients_per_second:7,.0f} accepted/s  {told(trial)}"


def measure_queues(ground: Ground) -> None:
    print("A queue a client: the most deliveries/s at which every client gets every event, and clients accepted/s")
    for clients in (FEW, MANY):
        ours = best_and_accepted(ground.notifier("client-queues"), clients, deliveries=15_000)
        peers = best_and_accepted(ground.peer_stream(), clients, deliveries=4_000)
        best, accepted = map(ratio, ours, peers)
        print(f"                 {'ratio':25} {best:9.1f} x  {accepted:7.1f} x  (wanted: 2 x each)")


def best_and_accepted(
    starting: AbstractContextManager[Contender], clients: int, *, deliveries: float
) -> tuple[float, float]:
    """The middle one of some rates, in which clients come and go."""
    with starting as contender:
        with connected(contender.address, clients) as crowd:
            rates, best = [crowd.clients_per_second], climb(contender, crowd, deliveries=deliveries)
        for _ in range(ROUNDS):
            with connected(contender.address, clients) as crowd:
                rates.append(crowd.clients_per_second)
    accepted = statistics.median(rates)
    print(f"  {clients:5,} clients, {contender.name:25} {best:9,.0f} /s {accepted:7,.0f} accepted/s")
    return best, accepted


def measure_quiet(ground: Ground) -> None:
    print(f"Emit to receipt, {FEW} clients, {QUIET} events/s for {SECONDS:.0f} s")
    for fanout in ("shared", "client-queues"):
        with ground.notifier(fanout) as ours, connected(ours.address, FEW) as crowd:
            trial = offer(ours, crowd, Progress(), rate=QUIET, seconds=SECONDS)
        print(f"  {ours.name:26} {told(trial)}  (wanted: p50 under 5 ms, p99 under 25 ms)")


def ratio(ours: float, peers: float) -> float:
    return ours / peers if peers else math.nan


def whole(trial: Trial) -> float:
    return trial.deliveries_per_second if trial.reading.is_whole else 0.0


def told(trial: Trial) -> str:
    got = "every event" if trial.reading.is_whole else f"{trial.reading.deliveries:,} of {trial.expected:,} in time"
    times = f"p50 {trial.centile(50):6.1f} ms  p99 {trial.centile(99):6.1f} ms"
    return f"{got}  {trial.deliveries_per_second:9,.0f} /s  {times}"


def allow_open_files(count: int) -> None:
    """For this process and those that it starts.

    Raises:
        ValueError: the machine's hard limit is lower (`ulimit -Hn`).
    """
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != resource.RLIM_INFINITY and soft < count:
        resource.setrlimit(resource.RLIMIT_NOFILE, (count, hard))


def main() -> None:
    allow_open_files(OPEN_FILES)
    print(f"Fan-out of events of {len(encode(Progress().next()))} bytes")
    with tempfile.TemporaryDirectory(prefix="stagecast-bench-") as name, running_broker(Path(name) / "broker") as url:
        ground = Ground(Path(name), url, open_files=OPEN_FILES)
        for measure in (measure_many, measure_crowd, measure_queues, measure_quiet):
            measure(ground)


if __name__ == "__main__":
    print(f"On {machine()}:\n")
    main()
