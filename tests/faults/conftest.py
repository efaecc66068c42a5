"""Over the same broker and with the same listeners as the integration tests; what is killed is a process of its own."""

from collections.abc import Iterator
from pathlib import Path

import aio_pika
import pytest

from tests.faults.processes import Broker, Processors, a_broker
from tests.integration.conftest import blobs, channel, clear, connection, events

__all__ = ["blobs", "channel", "connection", "events"]


@pytest.fixture
def processors(broker_url: str, blobs: Path) -> Iterator[Processors]:
    """Starts processors at the shared broker."""
    processors = Processors(broker_url, blobs.as_uri())
    yield processors
    processors.close()


@pytest.fixture(scope="session")
def node(rabbitmq: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Broker]:
    """A private node for tests that trouble it and leave it well; what is killed is one of the test's own."""
    with a_broker(tmp_path_factory.mktemp("faults") / "rabbitmq") as node:
        yield node


@pytest.fixture
async def broker(node: Broker) -> Broker:
    """That node, with nothing of another test in it."""
    async with await aio_pika.connect(node.url) as connection:
        await clear(connection)
    return node
