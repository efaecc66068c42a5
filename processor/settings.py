"""The processor's settings."""

import os

from pydantic import DirectoryPath, Field

from contracts.settings import Names, Port, SharedSettings


class ProcessorSettings(SharedSettings):
    """Read once at start; see `docs/settings.md`."""

    processor_port: Port = Field(default=8002, description="Health only.")
    processor_pipelines: Names = Field(
        default=(),
        description="What this processor offers: names of installed pipelines, or `module:object`; default: all.",
    )
    processor_concurrency: int = Field(
        default_factory=lambda: os.cpu_count() or 1, ge=1, le=256, description="Jobs at a time; default: one a core."
    )
    processor_grace_seconds: float = Field(
        default=1.5, ge=0, description="What running jobs get to end in, before they are handed back."
    )
    processor_workdir: DirectoryPath | None = Field(
        default=None, description="Where stages work; default: the system's."
    )
