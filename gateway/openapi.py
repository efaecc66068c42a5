"""`python -m gateway.openapi`: what can be asked of the gateway, as an OpenAPI document, on standard output."""

import json
import sys
from typing import Any

from obstore.store import MemoryStore

from gateway.__main__ import make_desk
from gateway.app import make_routes
from gateway.broker import Broker
from gateway.figures import Figures
from gateway.leaving import Leaving
from gateway.settings import GatewaySettings


def document() -> dict[str, Any]:
    """The same as its `/openapi.json`. Nothing is connected to."""
    settings = GatewaySettings(store_url="memory:///")
    desk = make_desk(settings, MemoryStore(), Broker(settings.amqp_url, Figures()), Leaving())
    return make_routes(settings, desk, checks={}).openapi()


if __name__ == "__main__":
    sys.stdout.write(json.dumps(document(), indent=2, ensure_ascii=False) + "\n")
