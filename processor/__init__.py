"""Runs pipelines on uploaded files and tells what happens.

A pipeline's author needs three names: `Pipeline`, `Stage` and `PermanentFailure`.
"""

from processor.errors import PermanentFailure
from processor.pipeline import Pipeline
from processor.stage import Stage

__all__ = ["PermanentFailure", "Pipeline", "Stage"]
