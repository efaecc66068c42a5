"""Runs pipelines on uploaded files and tells what happens.

A pipeline's author needs `Pipeline`, `Stage` or `AsyncStage`, and perhaps `PermanentFailure`.
"""

from processor.async_stage import AsyncStage
from processor.errors import PermanentFailure
from processor.pipeline import Pipeline
from processor.stage import Stage

__all__ = ["AsyncStage", "PermanentFailure", "Pipeline", "Stage"]
