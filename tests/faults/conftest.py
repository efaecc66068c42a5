"""Over the same broker and with the same listeners as the integration tests; what is killed is a process of its own."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.faults.processes import Processors
from tests.integration.conftest import blobs, channel, connection, events

__all__ = ["blobs", "channel", "connection", "events"]


@pytest.fixture
def processors(broker_url: str, blobs: Path) -> Iterator[Processors]:
    """Starts processors at the shared broker."""
    processors = Processors(broker_url, blobs.as_uri())
    yield processors
    processors.close()
