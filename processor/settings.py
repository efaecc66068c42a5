"""The processor's settings."""

import os
from datetime import timedelta
from pathlib import Path
from typing import Annotated

from pydantic import BeforeValidator, Field
from pydantic_settings import NoDecode

from contracts.settings import Port, SharedSettings


def _split(value: object) -> object:
    return tuple(part.strip() for part in value.split(",") if part.strip()) if isinstance(value, str) else value


class ProcessorSettings(SharedSettings):
    """Read once at start; see `docs/settings.md`."""

    processor_port: Port = Field(default=8002, description="Health only.")
    processor_pipelines: Annotated[tuple[str, ...], NoDecode, BeforeValidator(_split)] = Field(
        default=("processor.inspection:inspect",),
        min_length=1,
        description="What this processor offers: `module:object`, separated by commas.",
    )
    processor_concurrency: int = Field(
        default_factory=lambda: os.cpu_count() or 1, ge=1, le=256, description="Jobs at a time; default: one a core."
    )
    processor_grace: timedelta = Field(
        default=timedelta(seconds=1.5), description="What running jobs get to end in, before they are handed back."
    )
    processor_workdir: Path | None = Field(default=None, description="Where stages work; default: the system's.")
