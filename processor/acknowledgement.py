"""How long the broker waits for a job's acknowledgement before it takes the job away; pure.

RabbitMQ closes the channel of a consumer that is late, and gives the job to another one, for ever. From 3.12 on the
job queues' own argument says how late that is. Before, the node's `consumer_timeout` rules, 30 minutes unless it is
configured, and AMQP has no way to ask for it: a node may announce it among its server properties (ours does).
"""

import re
from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import Any

from contracts.topology import ANNOUNCED_TIMEOUT, LONGEST_STAGE
from processor.pipeline import Pipeline

QUEUES_SAY_SINCE = (3, 12)
USUAL_TIMEOUT = timedelta(minutes=30)
_VERSION = re.compile(r"(\d+)\.(\d+)")
_PROTEST = re.compile(r"acknowledgement.*timed out.*?(\d+) ms", re.DOTALL)


def announced_limit(properties: Mapping[str, Any]) -> timedelta | None:
    """What a broker grants, by what it says of itself; None when it cannot be known."""
    version = _VERSION.match(_text(properties.get("version")))
    if version and (int(version[1]), int(version[2])) >= QUEUES_SAY_SINCE:
        return LONGEST_STAGE
    announced = _text(properties.get(ANNOUNCED_TIMEOUT))
    return timedelta(milliseconds=int(announced)) if announced.isdecimal() else None


def protested_limit(error: BaseException) -> timedelta | None:
    """What a broker granted that has just taken a job away; None when the error is about something else."""
    protest = _PROTEST.search(str(error))
    return timedelta(milliseconds=int(protest[1])) if protest else None


def concern(limit: timedelta | None, pipelines: Iterable[Pipeline]) -> str | None:
    """What to tell who runs the broker, if it may take these pipelines' jobs away."""
    longest = [(_longest(pipeline), pipeline.name) for pipeline in pipelines]
    granted = USUAL_TIMEOUT if limit is None else limit
    late = [name for duration, name in longest if (duration or LONGEST_STAGE) > granted]
    if not late:
        return None
    what = f"jobs of {', '.join(late)} may run longer; set the broker's consumer_timeout to a week, 604800000"
    if limit is None:
        return (
            f"this broker may take jobs away after its consumer_timeout, usually {granted}, and cannot be asked: {what}"
        )
    return f"the broker takes jobs away after {granted}: {what}"


def _longest(pipeline: Pipeline) -> timedelta | None:
    """How long an attempt may last; None is without a limit."""
    if pipeline.timeout is not None:
        return pipeline.timeout
    limits = [stage.timeout for stage in pipeline.stages if stage.timeout is not None]
    return sum(limits, timedelta()) if len(limits) == len(pipeline.stages) else None


def _text(value: Any) -> str:
    return value.decode("ascii", "replace") if isinstance(value, bytes) else str(value or "")
