"""The compose stack's traces, as `.env` asks for them."""

import httpx
import pytest

from tests.compose import Product
from tests.ground import wait_until

pytestmark = pytest.mark.timeout(400)
TRACE_ID = "4bf92f3577b34da6a3ce929d0e0e4736"


@pytest.mark.parametrize("service", ["gateway", "processor"])
def test_a_service_sends_its_part_of_a_trace_to_the_collector(product: Product, service: str) -> None:
    headers = {"traceparent": f"00-{TRACE_ID}-00f067aa0ba902b7-01"}
    httpx.put(f"{product.url}/upload/traced.txt", content=b"Some words.\n", headers=headers, timeout=30)

    def is_told() -> bool:
        lines = product.container("collector").logs().decode().splitlines()
        return any(TRACE_ID in line and f"stagecast-{service}".encode().hex() in line for line in lines)

    wait_until(is_told, 90, what=f"spans of the {service}")
