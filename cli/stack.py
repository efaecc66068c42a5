"""The ordered list: what starts after what, and how it all ends again."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from cli.ending import Ending
from cli.output import RUNNER, Output
from cli.supervised import Supervised, all_ready, end_together

START_SECONDS = 60
STAGGER_SECONDS = 0.6


@dataclass(frozen=True)
class Step:
    """Processes that start together once the step before is ready, and end before it does."""

    members: list[Supervised]
    end_by: float  # seconds after the end began; what lives longer is killed


async def run_steps(steps: Sequence[Step], *, ready: str, output: Output, ending: Ending) -> None:
    """Start step after step, say `ready`, and end in the opposite order once that is asked for.

    Raises:
        CannotStartError: what could not be started or kept running; nothing is left of the others either.
    """
    started: list[Step] = []
    async with asyncio.TaskGroup() as tasks:
        for step in steps:
            if ending.begun.is_set():
                break
            started.append(step)
            for member in step.members:
                tasks.create_task(member.run())
            await all_ready(step.members, ending, limit=START_SECONDS)
        if not ending.begun.is_set():
            output.say(ready)
        await ending.begun.wait()
        if ending.failure is None:
            output.line(RUNNER, "stopping")
        await _end(started, ending)
    if ending.failure is not None:
        raise ending.failure


async def _end(started: list[Step], ending: Ending) -> None:
    begun = asyncio.get_running_loop().time()
    for step in reversed(started):
        await end_together(step.members[::-1], by=begun + step.end_by, stagger=STAGGER_SECONDS, at_once=ending.at_once)
