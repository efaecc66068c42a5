"""The report: one self-contained page about a file."""

from processor.inspection.report.page import render

__all__ = ["render"]
