"""A pipeline: named, ordered stages, each a plain function."""

import inspect
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from contracts.job import PIPELINE_NAME_PATTERN
from processor.errors import BadPipelineError
from processor.stage import Stage

StageFunction = Callable[[Stage], None]


@dataclass(frozen=True)
class StagePlan:
    """One step of a pipeline, as its author declared it."""

    name: str
    function: StageFunction
    timeout: timedelta | None  # killed after it; None runs as long as it takes
    retries: int  # attempts after the first that failed in this stage
    weight: float  # its share of the job's overall progress


class Pipeline:
    """An ordered list of stages.

    ```python
    thumbnails = Pipeline("thumbnails")

    @thumbnails.stage(timeout=timedelta(minutes=1), retries=2)
    def shrink(stage: Stage) -> None: ...
    ```

    A stage runs in a process of its own, so it may use all of a core, and may crash without harm to others.
    """

    def __init__(self, name: str, *, timeout: timedelta | None = None) -> None:
        """`timeout` limits the whole job: from its first attempt's begin, pauses before retries included."""
        if not re.fullmatch(PIPELINE_NAME_PATTERN, name):
            raise BadPipelineError(
                f"pipeline name {name!r}: use 1 to 64 of a-z 0-9 _ -, beginning with a letter or digit"
            )
        if timeout is not None and timeout <= timedelta():
            raise BadPipelineError(f"pipeline {name!r}: its timeout is above 0")
        self.name = name
        self.timeout = timeout
        self._stages: list[StagePlan] = []

    @property
    def stages(self) -> tuple[StagePlan, ...]:
        return tuple(self._stages)

    def stage(
        self, *, timeout: timedelta | None = None, retries: int = 0, weight: float = 1
    ) -> Callable[[StageFunction], StageFunction]:
        """Add the decorated function as the next stage, named after it.

        Raises:
            BadPipelineError: two stages of one name, or a function that is no stage.
        """

        def add(function: StageFunction) -> StageFunction:
            plan = StagePlan(function.__name__, function, timeout, retries, weight)
            self._check(plan)
            self._stages.append(plan)
            return function

        return add

    def overall(self, index: int, progress: float) -> float:
        """Progress of the whole job, 0 to 1, when stage `index` has made `progress`."""
        total = sum(stage.weight for stage in self._stages)
        before = sum(stage.weight for stage in self._stages[:index])
        return min(1.0, (before + self._stages[index].weight * progress) / total)

    def _check(self, plan: StagePlan) -> None:
        where = f"stage {plan.name!r} of pipeline {self.name!r}"
        if any(plan.name == other.name for other in self._stages):
            raise BadPipelineError(f"{where}: another stage has that name")
        if inspect.iscoroutinefunction(plan.function):
            raise BadPipelineError(f"{where}: write it as `def`; it runs in a process of its own")
        if len(inspect.signature(plan.function).parameters) != 1:
            raise BadPipelineError(f"{where}: it takes one parameter, the `Stage`")
        if plan.retries < 0 or plan.weight <= 0:
            raise BadPipelineError(f"{where}: retries are 0 or more, weight is above 0")
