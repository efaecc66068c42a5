"""The events that streams are measured with: real ones, of some jobs that run side by side."""

import itertools
import re
import time

from uuid_utils import uuid7

from contracts.events import ProgressFact, Stage, StageProgressed
from contracts.job import Job

RUNNING_JOBS = 8
# One byte that stands once in each event and nowhere else in a stream: it costs a reader next to nothing to count,
# and no two reads can share it. It begins the flag in `source`, which no snapshot repeats.
SOURCE = "/processors/\N{CHEQUERED FLAG}"
MARK = SOURCE.encode()[-4]
EMITTED = re.compile(rb'\xf0[^\n]*?"message":"(\d+)"')  # nanoseconds of the machine's monotonic clock


class Progress:
    """Progress of all the jobs in turn, each event newer than the job's last."""

    def __init__(self) -> None:
        names = (f"报告 {number}.csv" for number in range(RUNNING_JOBS))
        jobs = [
            Job(id=str(uuid7()), name=name, size=1_048_576, pipeline="inspect", owner="5d3c9e1f0a7b2468")
            for name in names
        ]
        self._turns = zip(itertools.count(1), itertools.cycle(jobs), strict=False)

    def next(self) -> StageProgressed:
        """Its message is the instant of its making."""
        sequence, job = next(self._turns)
        fact = ProgressFact(
            job=job,
            attempt=1,
            sequence=sequence,
            stage=Stage(name="checksum", index=0, count=5),
            overall=0.086,
            progress=0.43,
            message=str(time.monotonic_ns()),
        )
        return StageProgressed(source=SOURCE, subject=job.id, data=fact)
