"""How long a broker waits for a job's acknowledgement, by what it says of itself; pure.

From RabbitMQ 3.12 on the job queues' own argument says it. Before, the node's `consumer_timeout` rules, 30 minutes
unless it is configured, and AMQP has no way to ask for it: a node may announce it among its server properties (ours
does).
"""

import re
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from contracts.topology import ANNOUNCED_TIMEOUT, LONGEST_STAGE

QUEUES_SAY_SINCE = (3, 12)
USUAL_TIMEOUT = timedelta(minutes=30)
_VERSION = re.compile(r"(\d+)\.(\d+)")


def broker_version(properties: Mapping[str, Any]) -> tuple[int, int] | None:
    """Its major and minor version; None where it tells none."""
    version = _VERSION.match(_text(properties.get("version")))
    return (int(version[1]), int(version[2])) if version else None


def announced_limit(properties: Mapping[str, Any]) -> timedelta | None:
    """What a broker grants; None when it cannot be known."""
    version = broker_version(properties)
    if version is not None and version >= QUEUES_SAY_SINCE:
        return LONGEST_STAGE
    announced = _text(properties.get(ANNOUNCED_TIMEOUT))
    return timedelta(milliseconds=int(announced)) if announced.isdecimal() else None


def _text(value: Any) -> str:
    return value.decode("ascii", "replace") if isinstance(value, bytes) else str(value or "")
