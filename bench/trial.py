"""Events offered to a contender at a rate, and what its clients got of them."""

import asyncio
import math
import statistics
import time
from dataclasses import dataclass

import uvloop

from bench.contenders import Contender
from bench.crowd import Crowd, Reading
from bench.progress import Progress
from bench.publishers import Publish

PATIENCE_SECONDS = 5.0  # after the last event, for what is still on its way
STEP = 1.5
STEP_SECONDS = 2.5
MAX_STEPS = 12
MAX_STUMBLES = 1  # somebody else may have had the machine for a moment
KEPT_UP = 0.9  # whoever delivers less than this of what is offered, twice, has reached its best


@dataclass(frozen=True)
class Trial:
    offered: float  # deliveries a second
    expected: int  # deliveries
    seconds: float  # from the first emit to the last receipt, and no less than the events were meant to take
    reading: Reading

    @property
    def deliveries_per_second(self) -> float:
        return self.reading.deliveries / self.seconds

    @property
    def kept_up(self) -> bool:
        return self.deliveries_per_second > KEPT_UP * self.offered

    def centile(self, number: int) -> float:
        """Milliseconds from emit to receipt; not a number when too little came."""
        if len(self.reading.delays) < 2:
            return math.nan
        return statistics.quantiles(self.reading.delays, n=100)[number - 1]


def offer(contender: Contender, crowd: Crowd, progress: Progress, *, rate: float, seconds: float) -> Trial:
    """Publish at an even rate, while the crowd reads."""
    return uvloop.run(_offer(contender, crowd, progress, rate=rate, seconds=seconds))


def climb(contender: Contender, crowd: Crowd, *, deliveries: float) -> float:
    """The most deliveries a second of which none was lost: more is offered each time, as long as it keeps up."""
    progress, best, stumbles = Progress(), 0.0, 0
    for _ in range(MAX_STEPS):
        trial = offer(contender, crowd, progress, rate=deliveries / crowd.size, seconds=STEP_SECONDS)
        if not trial.reading.is_whole:
            break
        best = max(best, trial.deliveries_per_second)
        if trial.kept_up:
            deliveries *= STEP
        else:
            stumbles += 1
        if stumbles > MAX_STUMBLES:
            break
    return best


async def _offer(contender: Contender, crowd: Crowd, progress: Progress, *, rate: float, seconds: float) -> Trial:
    events = max(1, round(rate * seconds))
    async with contender.publisher() as publish:
        crowd.expect(events, seconds=seconds + PATIENCE_SECONDS)
        began_ns = time.monotonic_ns()
        await _publish_evenly(publish, progress, events=events, rate=rate)
        reading = await asyncio.to_thread(crowd.reading)
    took = (reading.ended_ns - began_ns) / 1e9
    return Trial(rate * crowd.size, events * crowd.size, max(took, events / rate), reading)


async def _publish_evenly(publish: Publish, progress: Progress, *, events: int, rate: float) -> None:
    loop = asyncio.get_running_loop()
    began = loop.time()
    for number in range(events):
        if (early := began + number / rate - loop.time()) > 0:
            await asyncio.sleep(early)
        await publish(progress.next())
