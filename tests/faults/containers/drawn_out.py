"""A pipeline that takes some seconds, mounted into the processors. Its artifacts tell if its stages fit together."""

import hashlib
import os
import time

from processor import Pipeline, Stage

STEPS = 10
STEP_SECONDS = 0.1

drawn_out = Pipeline("drawn-out")


def take_time(stage: Stage) -> None:
    for step in range(STEPS):
        stage.progress((step + 1) / STEPS)
        time.sleep(STEP_SECONDS)


@drawn_out.stage()
def copy(stage: Stage) -> None:
    take_time(stage)
    stage.save("copy.bin", stage.source.path.read_bytes())


@drawn_out.stage()
def throw(stage: Stage) -> None:
    """Never the same twice, so that what two attempts made cannot be mixed unnoticed."""
    take_time(stage)
    stage.save("thrown.bin", os.urandom(20_000))


@drawn_out.stage()
def add(stage: Stage) -> None:
    take_time(stage)
    stage.save("sum.txt", hashlib.sha256(stage.read("copy.bin") + stage.read("thrown.bin")).hexdigest())
