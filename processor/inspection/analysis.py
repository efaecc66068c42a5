"""An analysis: what one of the analysers found out."""

from dataclasses import dataclass, field
from typing import Any

from processor.inspection.kinds import Kind


@dataclass(frozen=True)
class Analysis:
    """What was found, in three sizes: a line, facts for events, and the detail for the artifact."""

    kind: Kind  # which analyser it was
    summary: str  # a line for people
    facts: dict[str, Any] = field(default_factory=dict)  # small: they travel in events
    detail: dict[str, Any] = field(default_factory=dict)
    problem: str | None = None  # a sentence: what could not be read, or is suspicious
    thumbnail: bytes | None = None  # a PNG
