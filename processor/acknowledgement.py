"""What becomes of jobs that the broker takes away before their end; pure.

RabbitMQ closes the channel of a consumer that is late to acknowledge, and gives the job to another one, for ever.
"""

import re
from collections.abc import Iterable
from datetime import timedelta

from contracts.acknowledgement import USUAL_TIMEOUT
from contracts.topology import LONGEST_STAGE
from processor.pipeline import Pipeline

_PROTEST = re.compile(r"acknowledgement.*timed out.*?(\d+) ms", re.DOTALL)


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
