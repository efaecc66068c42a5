"""The built-in pipeline: real work on any file, and an example of how one is written."""

from processor.inspection.stages import inspect

__all__ = ["inspect"]
