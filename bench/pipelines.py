"""A pipeline whose stage only says what time it is."""

import time

from processor import Pipeline, Stage

TICKS = 200
PAUSE_SECONDS = 0.15

clock = Pipeline("clock")


@clock.stage()
def tick(stage: Stage) -> None:
    """Each message is the instant of its emit, in nanoseconds of the machine's monotonic clock."""
    for number in range(TICKS):
        time.sleep(PAUSE_SECONDS)
        stage.progress(number / TICKS, str(time.monotonic_ns()))
