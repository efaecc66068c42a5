"""A pipeline: named, ordered stages, each a plain function."""

import inspect
import math
import re
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, TypeVar

from contracts.job import PIPELINE_NAME_PATTERN
from processor.async_stage import AsyncStage
from processor.errors import BadPipelineError
from processor.stage import Stage

MAX_STAGES = 100
MAX_RETRIES = 1_000
MAX_STAGE_NAME_LENGTH = 64

StageFunction = Callable[[Stage], None] | Callable[[AsyncStage], Coroutine[Any, Any, None]]
F = TypeVar("F", bound=StageFunction)


@dataclass(frozen=True)
class StagePlan:
    """One step of a pipeline, as its author declared it."""

    name: str
    function: Callable[..., Any]
    timeout: timedelta | None  # killed after it; None runs as long as it takes
    retries: int  # attempts after the first that failed in this stage
    weight: float  # its share of the job's overall progress

    @property
    def is_async(self) -> bool:
        """Whether it runs in the processor's loop, not in a process of its own."""
        return inspect.iscoroutinefunction(self.function)


class Pipeline:
    """An ordered list of stages.

    ```python
    thumbnails = Pipeline("thumbnails", timeout=timedelta(hours=1))

    @thumbnails.stage(timeout=timedelta(minutes=1), retries=2)
    def shrink(stage: Stage) -> None: ...

    @thumbnails.stage()
    async def announce(stage: AsyncStage) -> None: ...
    ```

    A `def` stage runs in a process of its own, so it may use all of a core, and may crash without harm to others.
    An `async def` stage runs in the processor's event loop: for what waits, such as requests to other services.
    """

    def __init__(self, name: str, *, timeout: timedelta | None = None, isolate_jobs: bool = False) -> None:
        """`timeout` limits the whole job: from its first attempt's begin, pauses before retries included.

        With `isolate_jobs` no process of its `def` stages sees two jobs; else one in which all stages ended well, were
        short and left nothing behind may run another job of this pipeline.

        Raises:
            BadPipelineError: no pipeline can have that name or that limit.
        """
        if not isinstance(name, str) or not re.fullmatch(PIPELINE_NAME_PATTERN, name):
            raise BadPipelineError(
                f"pipeline name {name!r}: use 1 to 64 of a-z 0-9 _ -, beginning with a letter or digit"
            )
        if not _is_limit(timeout):
            raise BadPipelineError(f"pipeline {name!r}: timeout is a `timedelta` above 0, or None")
        self.name = name
        self.timeout = timeout
        self.isolate_jobs = isolate_jobs
        self._stages: list[StagePlan] = []

    @property
    def stages(self) -> tuple[StagePlan, ...]:
        return tuple(self._stages)

    def stage(self, *, timeout: timedelta | None = None, retries: int = 0, weight: float = 1) -> Callable[[F], F]:
        """Add the decorated function as the next stage, named after it.

        Raises:
            BadPipelineError: two stages of one name, or a function that is no stage.
        """

        def add(function: F) -> F:
            plan = StagePlan(getattr(function, "__name__", ""), function, timeout, retries, weight)
            if fault := self._fault(plan):
                raise BadPipelineError(f"stage {plan.name!r} of pipeline {self.name!r}: {fault}")
            self._stages.append(plan)
            return function

        return add

    def overall(self, index: int, progress: float) -> float:
        """Progress of the whole job, 0 to 1, when stage `index` has made `progress`."""
        total = sum(stage.weight for stage in self._stages)
        before = sum(stage.weight for stage in self._stages[:index])
        return min(1.0, (before + self._stages[index].weight * progress) / total)

    def _fault(self, plan: StagePlan) -> str | None:
        """What is wrong with a stage, or None."""
        if not plan.name.isidentifier() or len(plan.name) > MAX_STAGE_NAME_LENGTH:
            return f"write it as a function whose name has at most {MAX_STAGE_NAME_LENGTH} characters"
        if any(plan.name == other.name for other in self._stages):
            return "another stage has that name"
        if len(self._stages) >= MAX_STAGES:
            return f"a pipeline has at most {MAX_STAGES} stages"
        return _signature_fault(plan.function) or _setting_fault(plan)


def _signature_fault(function: Callable[..., Any]) -> str | None:
    if inspect.isgeneratorfunction(function) or inspect.isasyncgenfunction(function):
        return "it has a `yield`, so calling it would run nothing"
    parameters = list(inspect.signature(function).parameters.values())
    positional = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    if len(parameters) != 1 or parameters[0].kind not in positional:
        return "it takes one parameter, the `Stage`"
    return None


def _setting_fault(plan: StagePlan) -> str | None:
    if not _is_limit(plan.timeout):
        return "timeout is a `timedelta` above 0, or None"
    if type(plan.retries) is not int or not 0 <= plan.retries <= MAX_RETRIES:
        return f"retries are 0 to {MAX_RETRIES}"
    if not isinstance(plan.weight, int | float) or not 0 < plan.weight < math.inf:
        return "weight is a number above 0"
    return None


def _is_limit(timeout: object) -> bool:
    return timeout is None or (isinstance(timeout, timedelta) and timeout > timedelta(0))
