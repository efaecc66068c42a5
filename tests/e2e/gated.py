"""A pipeline that goes on when a test lets it."""

import time
from datetime import timedelta
from pathlib import Path

from processor import Pipeline, Stage

STAGES = ("first", "second", "third")

gated = Pipeline("gated")


def pass_gate(stage: Stage, name: str) -> None:
    """The file says in which folder the gates are; a gate is open once a file of its name is there."""
    gate = Path(stage.source.path.read_text()) / name
    looks = 0
    while not gate.exists():
        looks += 1
        stage.progress(looks / (looks + 40), f"looked {looks} times")
        time.sleep(0.1)
    stage.save(f"{name}.txt", name)


@gated.stage(timeout=timedelta(minutes=2))
def first(stage: Stage) -> None:
    pass_gate(stage, "first")


@gated.stage(timeout=timedelta(minutes=2))
def second(stage: Stage) -> None:
    pass_gate(stage, "second")


@gated.stage(timeout=timedelta(minutes=2))
def third(stage: Stage) -> None:
    pass_gate(stage, "third")
