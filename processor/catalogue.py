"""The pipelines that this processor offers, by name."""

import importlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, reduce
from importlib.metadata import EntryPoint, entry_points

from processor.errors import BadPipelineError
from processor.pipeline import Pipeline

GROUP = "stagecast.pipelines"  # of entry points (https://packaging.python.org/specifications/entry-points/)
BUILT_IN = EntryPoint("inspect", "processor.inspection:inspect", GROUP)


@dataclass(frozen=True)
class Offer:
    """A pipeline, and the `module:object` by which a stage's process finds it again."""

    reference: str
    pipeline: Pipeline

    @property
    def module(self) -> str:
        return self.reference.partition(":")[0]


def load_catalogue(wanted: tuple[str, ...] = ()) -> Mapping[str, Offer]:
    """What is wanted (`module:object`, or an installed one's name), or else all that are installed, by name.

    Raises:
        BadPipelineError: one cannot be had, or two have one name.
    """
    catalogue: dict[str, Offer] = {}
    for each in wanted or tuple(sorted(point.name for point in _installed())):
        offer = _named(each) if ":" not in each else Offer(each, load_pipeline(each))
        if offer.pipeline.name in catalogue:
            raise BadPipelineError(f"two pipelines are named {offer.pipeline.name!r}: {each!r} and another")
        catalogue[offer.pipeline.name] = offer
    return catalogue


@cache
def load_pipeline(reference: str) -> Pipeline:
    """Import `module:object`.

    Raises:
        BadPipelineError: in one sentence, what is wrong.
    """
    module_name, colon, attribute = reference.partition(":")
    if not (module_name and colon and attribute):
        raise BadPipelineError(f"pipeline {reference!r}: write it as `module:object`")
    try:
        found = reduce(getattr, attribute.split("."), importlib.import_module(module_name))
    except BadPipelineError as error:
        raise BadPipelineError(f"pipeline {reference!r}: {error}") from error
    except (Exception, SystemExit) as error:  # somebody's module may raise anything
        fault = f"{type(error).__name__}: {error}".splitlines()[0]
        raise BadPipelineError(f"pipeline {reference!r} cannot be imported: {fault}") from error
    if not isinstance(found, Pipeline):
        raise BadPipelineError(f"pipeline {reference!r} is a {type(found).__name__}, not a `Pipeline`")
    if not found.stages:
        raise BadPipelineError(f"pipeline {reference!r} has no stage")
    return found


def reference_of(pipeline: Pipeline) -> str:
    """The `module:object` of a pipeline that stands in the module of its first stage.

    Raises:
        BadPipelineError: it has no stage, or is no variable of that module.
    """
    if not pipeline.stages:
        raise BadPipelineError(f"pipeline {pipeline.name!r} has no stage")
    module_name = pipeline.stages[0].function.__module__
    for name, value in vars(importlib.import_module(module_name)).items():
        if value is pipeline:
            return f"{module_name}:{name}"
    raise BadPipelineError(
        f"pipeline {pipeline.name!r} must be a variable of the module {module_name!r}: a stage's process imports it"
    )


def _installed() -> set[EntryPoint]:
    """The built-in pipeline and those of installed packages; one that is found twice is one."""
    found = {EntryPoint(point.name, point.value, GROUP) for point in entry_points(group=GROUP)}
    return {BUILT_IN, *found}


def _named(name: str) -> Offer:
    points = [point for point in _installed() if point.name == name]
    if not points:
        known = ", ".join(sorted({point.name for point in _installed()}))
        raise BadPipelineError(f"no pipeline {name!r} is installed (there are: {known}), and it is no `module:object`")
    if len(points) > 1:
        values = " and ".join(sorted(point.value for point in points))
        raise BadPipelineError(f"two packages install a pipeline {name!r}: say which, {values}")
    reference = f"{points[0].module}:{points[0].attr}"
    pipeline = load_pipeline(reference)
    if pipeline.name != name:
        raise BadPipelineError(f"pipeline {pipeline.name!r} is installed as {name!r}: its package must name both alike")
    return Offer(reference, pipeline)
