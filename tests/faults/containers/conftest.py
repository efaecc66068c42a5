"""One stack for all tests of this folder, since it takes a while to come up; each test leaves it whole."""

from collections.abc import Iterator

import pytest

from tests.compose import Product, running_product
from tests.faults.containers.scene import BROKER_PASSWORD

OVERLAY = "tests/faults/containers/compose.yml"


@pytest.fixture(scope="package")
def besieged(engine: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Product]:
    """Two gateways, two processors, two notifiers."""
    folder = tmp_path_factory.mktemp("besieged")
    with running_product(folder, OVERLAY, STAGECAST_BROKER_PASSWORD=BROKER_PASSWORD) as running:
        yield running


@pytest.fixture
def product(besieged: Product) -> Product:
    """All of it healthy."""
    besieged.wait_healthy()
    return besieged
