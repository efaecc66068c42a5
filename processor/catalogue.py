"""The pipelines that this processor offers, by name."""

import importlib
from collections.abc import Mapping
from dataclasses import dataclass

from processor.errors import BadPipelineError
from processor.pipeline import Pipeline


@dataclass(frozen=True)
class Offer:
    """A pipeline, and the `module:object` by which a stage's process finds it again."""

    reference: str
    pipeline: Pipeline


def load_pipeline(reference: str) -> Pipeline:
    """Import `module:object`.

    Raises:
        BadPipelineError: in one sentence, what is wrong.
    """
    module_name, colon, attribute = reference.partition(":")
    if not colon:
        raise BadPipelineError(f"pipeline {reference!r}: write it as `module:object`")
    try:
        found = getattr(importlib.import_module(module_name), attribute)
    except (ImportError, AttributeError) as error:
        raise BadPipelineError(f"pipeline {reference!r} cannot be imported: {error}") from error
    if not isinstance(found, Pipeline):
        raise BadPipelineError(f"pipeline {reference!r} is a {type(found).__name__}, not a `Pipeline`")
    if not found.stages:
        raise BadPipelineError(f"pipeline {reference!r} has no stage")
    return found


def load_catalogue(references: tuple[str, ...]) -> Mapping[str, Offer]:
    """All of them, by pipeline name.

    Raises:
        BadPipelineError: one cannot be had, or two have one name.
    """
    catalogue: dict[str, Offer] = {}
    for reference in references:
        pipeline = load_pipeline(reference)
        if pipeline.name in catalogue:
            raise BadPipelineError(f"two pipelines are named {pipeline.name!r}: {reference!r} and another")
        catalogue[pipeline.name] = Offer(reference, pipeline)
    return catalogue
